"""The lake in a bucket: the same run, by workers of other processes, against a served S3 API and its bad days."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import boto3
import pytest
from pydantic import SecretStr

from pqr_common.errors import Fenced, InvalidSettings, LakeUnavailable, UpstreamBroken
from pqr_common.lake.bucket import BucketLake
from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.discovery import declare, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_pipeline.audit.explain import Page, explained
from pqr_pipeline.audit.trace import traced
from pqr_pipeline.audit.verify import verify

pytestmark = pytest.mark.integration


class Door:
    """The way to the store, which a test can shut: a small TCP relay in front of it."""

    def __init__(self, url: str) -> None:
        self._store = (urlsplit(url).hostname, urlsplit(url).port)
        self._open: set[socket.socket] = set()
        self._port = 0
        self.loses_next_answer = False
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Take calls, always at the same address."""
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=64)
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """From now on nobody answers, and who is being answered hears no more."""
        for one in (self._listener, *self._open):
            _hang_up(one)
        self._open.clear()

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller = listener.accept()[0]
                store = socket.create_connection(self._store)
                self._open |= {caller, store}
                threading.Thread(target=self._relay, args=(caller, store), daemon=True).start()
                threading.Thread(target=self._relay, args=(store, caller), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if self.loses_next_answer and data.startswith(b"HTTP/1.1 200"):
                    self.loses_next_answer = False
                    break
                target.sendall(data)
        _hang_up(source)
        _hang_up(target)


def _hang_up(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@pytest.fixture(scope="module")
def client(s3_endpoint):
    """Speaks to the store itself, past the platform."""
    client = boto3.client(
        "s3", endpoint_url=s3_endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="pqr")
    return client


@pytest.fixture(scope="module")
def in_bucket(platform, s3_endpoint, client) -> Callable[..., object]:
    """The platform with its lake below a prefix of the bucket; settings can be others."""

    def make(prefix: str, **changes: object):
        keys = {"s3_endpoint": s3_endpoint, "s3_access_key": "k", "s3_secret_key": SecretStr("s")}
        return platform.in_lake(f"s3://pqr/{prefix}", **keys | changes)

    return make


@pytest.fixture
def door(s3_endpoint) -> Iterator[Door]:
    door = Door(s3_endpoint)
    yield door
    door.shut()


@pytest.fixture
def impatient(monkeypatch) -> None:
    """Tries of this process follow each other at once; what is tried how often stays as it is."""
    for method in (BucketLake.find, BucketLake.get_range, BucketLake.put, BucketLake._put_if_absent, BucketLake.delete):
        monkeypatch.setattr(method.retry, "sleep", lambda seconds: None)


@pytest.fixture(scope="module")
def bucket_run(in_bucket, january):
    """The run `january` in a bucket, by the workers; tests only look at it."""
    return in_bucket("lake").run("january", january)


def test_a_bucket_and_a_folder_give_the_same_run(in_bucket, bucket_run, finished):
    """Every layer has the digest it has in the folder, and the run is proven from the bucket to the last row."""
    assert {layer: m.digest for layer, m in bucket_run.items()} == {layer: m.digest for layer, m in finished.items()}
    place = in_bucket("lake")
    report = verify("january", lake=place.lake, settings=place.settings, executor=place.executor, is_deep=True)
    assert report.findings == []
    assert report.objects > len(finished["raw"].dataset("emails").partitions)


def test_a_figure_and_a_mail_are_followed_in_a_bucket_as_in_a_folder(in_bucket, bucket_run, platform, finished):
    """The same cell, counted again from the same tickets, and the same line cut from its object by its offset."""
    place = in_bucket("lake")
    here, there = (explained(lake, "january", "reopened", page=Page(1, 3)) for lake in (platform.lake, place.lake))
    assert there.is_equal
    assert there.tickets == here.tickets
    radicado = there.tickets[0]["radicado"]
    told, again = (traced(lake, "january", radicado) for lake in (platform.lake, place.lake))
    assert [mail.to_json() for mail in again.mails] == [mail.to_json() for mail in told.mails]
    assert (again.clock, again.cells) == (told.clock, told.cells)


def test_nothing_lies_beside_the_prefix_and_nothing_is_left_over(client, in_bucket, bucket_run):
    """A bucket may be shared: all keys are below the prefix, and what phases passed on is gone."""
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="pqr", Prefix="lake/", MaxKeys=1000)["Contents"]]
    assert {key.split("/")[1] for key in keys} == {"raw", "bronze", "silver", "gold", "manifests", "tasks"}
    assert not [key for key in keys if "_exchange" in key]
    assert sorted(key.removeprefix("lake/") for key in keys if "/raw/" in key) == list(
        in_bucket("lake").lake.keys("raw")
    )


def test_a_finished_run_is_nearly_free_to_ask_for_again(in_bucket, bucket_run, january):
    """Nothing is put: manifests are found, and no attempt is opened."""
    place = in_bucket("lake")
    before = list(place.lake.keys("manifests"))
    again = place.run("january", january)
    assert {layer: m.digest for layer, m in again.items()} == {layer: m.digest for layer, m in bucket_run.items()}
    assert list(place.lake.keys("manifests")) == before


# --- settings to mend: not tried again, exit code 2, the sentence names them


def test_a_bucket_that_is_not_there(in_bucket, january):
    """Named with the setting that names it."""
    with pytest.raises(InvalidSettings, match="NoSuchBucket in s3://nowhere/lake: check PQR_LAKE_URL") as caught:
        in_bucket("").in_lake("s3://nowhere/lake").run("january", january, "generator")
    assert (caught.value.exit_code, caught.value.is_retryable) == (2, False)


@pytest.fixture
def guarded(s3_endpoint) -> Iterator[tuple[str, str]]:
    """A key and its secret; until the test ends the store lets nobody else in."""
    iam = boto3.client(
        "iam", endpoint_url=s3_endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    iam.create_user(UserName="lake")
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="lake", PolicyName="lake", PolicyDocument=policy)
    key = iam.create_access_key(UserName="lake")["AccessKey"]

    def free_calls(number: str) -> None:
        headers = {"Content-Type": "text/plain"}
        url = f"{s3_endpoint}/moto-api/reset-auth"
        urllib.request.urlopen(urllib.request.Request(url, number.encode(), headers, method="POST")).close()

    free_calls("0")
    yield key["AccessKeyId"], key["SecretAccessKey"]
    free_calls("inf")


def test_keys_the_store_does_not_know(in_bucket, january, guarded):
    """An unknown key and a wrong secret are told from each other, and neither is shown; the right ones work."""
    key, secret = guarded
    for changes, found in (
        ({"s3_access_key": "nobody", "s3_secret_key": SecretStr(secret)}, "InvalidAccessKeyId"),
        ({"s3_access_key": key, "s3_secret_key": SecretStr("a-wrong-one")}, "SignatureDoesNotMatch"),
    ):
        with pytest.raises(InvalidSettings, match=f"{found}.*PQR_S3_ACCESS_KEY, PQR_S3_SECRET_KEY") as caught:
            in_bucket("guarded", **changes).run("january", january, "generator")
        assert caught.value.exit_code == 2
        assert "a-wrong-one" not in str(caught.value)
        assert secret not in str(caught.value)
    made = in_bucket("guarded", s3_access_key=key, s3_secret_key=SecretStr(secret)).run("january", january, "generator")
    assert made["raw"].dataset("emails").rows > 5_000


def test_an_object_that_is_gone_stops_the_workers(client, in_bucket, january):
    """What a worker misses in the bucket reaches the driver as the error it is, with the name of the object."""
    place = in_bucket("gone")
    place.run("january", january, "generator")
    (key,) = place.lake.keys("raw/emails/day=2026-01-20")
    client.delete_object(Bucket="pqr", Key=f"gone/{key}")
    with pytest.raises(UpstreamBroken, match=key) as caught:
        place.run("january", january, "bronze")
    assert caught.value.exit_code == 3
    assert "bronze" not in RunRecords(place.lake, "january").manifests()


# --- a store that comes and goes


@pytest.mark.usefixtures("impatient")
def test_a_store_that_goes_away_is_transient_and_a_retry_goes_on(in_bucket, january, finished, door, monkeypatch):
    """The store stops answering when two tasks of bronze are done: retryable; later the other tasks alone are worked."""
    monkeypatch.setattr("pqr_bronze.stage.TASK_BYTES", 2**20)
    place = replace(in_bucket("flaky", s3_endpoint=door.url), executor=Inline())
    place.run("january", january, "generator")

    def shut_after_two(_stage: str, _phase: str, *, done: int, total: int) -> None:
        if done == 2:
            door.shut()

    with pytest.raises(LakeUnavailable, match="PQR_S3_ENDPOINT is up, then run `pqr retry`") as caught:
        run_stage(
            stage_named("bronze"), "january", lake=place.lake, settings=place.settings, executor=place.executor,
            progress=shut_after_two,
        )  # fmt: skip
    assert (caught.value.exit_code, caught.value.is_retryable) == (5, True)
    door.open()
    assert "bronze" not in RunRecords(place.lake, "january").manifests()
    made = place.run("january", january, "bronze")["bronze"]
    assert [d.content_digest for d in made.datasets] == [d.content_digest for d in finished["bronze"].datasets]
    first, second = RunRecords(place.lake, "january").attempts("bronze")
    assert (first.state, first.error_type) == ("failed", "Lost")  # it could not say how it ended
    assert (second.state, second.tasks_reused) == ("completed", 2)
    assert second.tasks > 2


@pytest.mark.usefixtures("impatient")
def test_an_address_where_no_store_is(in_bucket, january, door):
    """Refused connections are tried again and end as the transient error that names the setting."""
    place = in_bucket("nowhere", s3_endpoint=door.url)
    door.shut()
    with pytest.raises(LakeUnavailable, match="PQR_S3_ENDPOINT"):
        place.run("january", january, "generator")


# --- who commits


def test_of_many_first_writers_in_a_bucket_one_wins(in_bucket):
    """A conditional put by different clients lets exactly one of them through, and its bytes stay."""
    lakes = [in_bucket("race").lake for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: lakes[n].put_new("manifests/r1/raw.json", str(n).encode()), range(8)))
    assert sum(won) == 1
    assert lakes[0].get("manifests/r1/raw.json") == str(won.index(True)).encode()


def test_two_drivers_of_one_stage_end_with_one_result(in_bucket, january, finished):
    """Both work the same stage of the same run: one commits, the other finds that or is fenced off, and may retry."""
    place = in_bucket("twins")
    declare(place.lake, "january", january)

    def drive(_number: int) -> str:
        lake, settings = place.lake, place.settings
        with contextlib.suppress(Fenced):
            return run_stage(
                stage_named("generator"), "january", lake=lake, settings=settings, executor=Inline()
            ).digest
        return "fenced"

    with ThreadPoolExecutor(2) as pool:
        ends = set(pool.map(drive, range(2)))
    assert ends <= {finished["raw"].digest, "fenced"}
    assert RunRecords(place.lake, "january").manifests()["raw"].digest == finished["raw"].digest
    assert drive(2) == finished["raw"].digest


@pytest.mark.usefixtures("impatient")
def test_a_commit_whose_answer_is_lost_is_still_a_commit(in_bucket, door):
    """The store took the object and its answer never came: tried again, our own object must not count as another's."""
    lake = in_bucket("lost", s3_endpoint=door.url).lake
    door.loses_next_answer = True
    assert lake.put_new("manifests/r1/raw.json", b"mine") is True
    assert not door.loses_next_answer
    assert lake.get("manifests/r1/raw.json") == b"mine"
    assert lake.put_new("manifests/r1/raw.json", b"other") is False
