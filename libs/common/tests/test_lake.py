"""The lake: the same promises from a folder, a bucket and the fake."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from pqr_common.errors import InvalidSettings, LakeUnavailable, UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqr_common.testing import MemoryLake


@pytest.fixture(scope="session")
def s3_endpoint():
    """A served S3 API."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def _bucket_settings(endpoint: str, **changes: object) -> Settings:
    return Settings(
        lake_url="s3://lake/prefix", s3_endpoint=endpoint, s3_access_key="key", s3_secret_key=SecretStr("secret")
    ).with_(**changes)


@pytest.fixture
def bucket(s3_endpoint):
    import boto3

    client = boto3.client(
        "s3", endpoint_url=s3_endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="lake")
    lake = open_lake(_bucket_settings(s3_endpoint).lake)
    for key in list(lake.keys("a")):
        lake.delete(key)
    return lake


@pytest.fixture(params=["folder", "bucket", "memory"])
def lake(request, tmp_path):
    if request.param == "bucket":
        return request.getfixturevalue("bucket")
    return FolderLake(tmp_path) if request.param == "folder" else MemoryLake()


def test_an_object_is_read_back_whole_and_in_part(lake):
    """Put, get, a range, find; a later put replaces."""
    lake.put("a/b.bin", b"0123456789")
    assert lake.get("a/b.bin") == b"0123456789"
    assert lake.get_range("a/b.bin", 3, 4) == b"3456"
    lake.put("a/b.bin", memoryview(b"new"))
    assert lake.find("a/b.bin") == b"new"
    assert (lake.size("a/b.bin"), lake.size("a/none.bin")) == (3, 0)


def test_a_missing_object_is_named(lake):
    """`find` says None; `get` and a range raise with the key and the lake."""
    assert lake.find("a/none") is None
    for read in (lambda: lake.get("a/none"), lambda: lake.get_range("a/none", 0, 1)):
        with pytest.raises(UpstreamBroken, match="a/none"):
            read()


def test_of_many_first_writers_one_wins(lake):
    """A conditional put lets exactly one of several writers commit."""
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: lake.put_new("a/commit.json", str(n).encode()), range(16)))
    assert sum(won) == 1
    assert lake.get("a/commit.json") == str(won.index(True)).encode()


def test_keys_are_listed_in_order_and_deleted_once(lake):
    """A listing is sorted and holds no drafts; deleting what is gone is no error."""
    for name in ("c", "a", "b"):
        lake.put(f"a/{name}", b"")
    assert list(lake.keys("a")) == ["a/a", "a/b", "a/c"]
    lake.delete("a/b")
    lake.delete("a/b")
    assert list(lake.keys("a")) == ["a/a", "a/c"]


def test_a_folder_leaves_no_draft_behind(tmp_path):
    """A losing conditional put cleans up after itself."""
    lake = FolderLake(tmp_path)
    assert lake.put_new("x", b"1")
    assert not lake.put_new("x", b"2")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_lake_that_is_a_file_is_a_setting_to_mend(tmp_path):
    """A path that cannot be a folder ends with the setting's name, not with a traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSettings, match="PQR_LAKE_URL"):
        FolderLake(tmp_path / "file").put("a/b", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_lake_is_a_setting_to_mend(tmp_path):
    """A folder without write permission ends with the setting's name."""
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidSettings, match="PQR_LAKE_URL"):
        FolderLake(tmp_path).put("a/b", b"")


def test_a_missing_bucket_is_a_setting_to_mend(s3_endpoint):
    """No such bucket is not tried again: it names the settings."""
    with pytest.raises(InvalidSettings, match="PQR_LAKE_URL"):
        open_lake(_bucket_settings(s3_endpoint, lake_url="s3://nowhere").lake).put("a", b"")


def test_a_store_that_is_away_is_tried_again_and_then_transient(monkeypatch):
    """Nobody listens: after its attempts the door raises the retryable error."""
    import pqr_common.lake.bucket as door

    lake = open_lake(_bucket_settings("http://127.0.0.1:9").lake)
    monkeypatch.setattr(door.BucketLake.find.retry, "sleep", lambda _seconds: None)
    with pytest.raises(LakeUnavailable, match="PQR_S3_ENDPOINT"):
        lake.find("a")
    assert door.BucketLake.find.statistics["attempt_number"] == door.ATTEMPTS


@pytest.mark.parametrize("url", ["ftp://x/y", "nonsense", "s3://", "/path"])
def test_an_unknown_lake_url_is_named(url):
    """Only file:// and s3:// are lakes."""
    with pytest.raises(InvalidSettings, match="PQR_LAKE_URL"):
        open_lake(Settings(lake_url=url).lake)


def test_keys_are_told_apart_by_when_they_were_put(lake):
    """What was put before a time, for who must leave what is new alone."""
    lake.put("a/b.bin", b"0")
    assert list(lake.keys("a", before=datetime.now(UTC) - timedelta(minutes=1))) == []
    assert list(lake.keys("a", before=datetime.now(UTC) + timedelta(minutes=1))) == ["a/b.bin"]


def test_a_file_that_goes_while_the_folder_is_listed_is_none(tmp_path, monkeypatch):
    """Another writer renamed its draft between the listing and the look at it."""
    lake = FolderLake(tmp_path)
    for name in ("a/.b.bin.0123abcd", "a/c.bin"):
        lake.put(name, b"0")
    gone = tmp_path / "a/.b.bin.0123abcd"
    stat = type(tmp_path).stat

    def going(self, **how):
        if self == gone:
            self.unlink(missing_ok=True)
        return stat(self, **how)

    monkeypatch.setattr(type(tmp_path), "stat", going)
    assert list(lake.drafts(before=datetime.now(UTC) + timedelta(minutes=1))) == []
    assert list(lake.keys("a")) == ["a/c.bin"]
