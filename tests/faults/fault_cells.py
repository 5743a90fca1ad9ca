"""One cell of the matrix: a stage of a small run about to begin in a lake and a Postgres of its own, and what it does there."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import boto3
import dask
import psycopg
from fault_store import Store
from pydantic import SecretStr

from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.manifest.layout import attempt_key
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Partition
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named, warehouse
from pqr_common.stage.driver import inputs_of, run_stage
from pqr_common.stage.executor import DaskExecutor, Executor, dask_executor
from pqr_loader.mirror.tables import mirrored
from pqr_pipeline.embedded.postgres import _pgserver, postgres
from pqr_pipeline.embedded.prefect import prefect_server
from pqrs.parameters import Parameters

RUN = "r1"
STAGES = tuple(installed_graph().stages)
PLACES = ("embedded", "served")
FIRST, LAST = date(2026, 1, 5), date(2026, 1, 8)  # few days, since a slow store takes seconds for each of their objects
SMALL = Parameters.create(opens_on=FIRST, window_from=FIRST, window_to=LAST, tickets_per_business_day=400)
OTHER = Parameters.create(seed=7, opens_on=FIRST, window_from=FIRST, window_to=FIRST, tickets_per_business_day=50)
SILENCE = "2s"  # Dask takes ten of its heartbeats, five seconds, for the least
PATIENCE_SECONDS = 240.0


class TooLate(Exception):
    """The stage was over before the fault came."""


class Stopped(Exception):
    """The driver was told to end where it was."""


@dataclass
class House:
    """What all cells share, and what a clean run of theirs ends in."""

    home: Path
    settings: Settings
    executor: DaskExecutor
    store: Store
    closing: contextlib.ExitStack
    threads: ThreadPoolExecutor = field(default_factory=ThreadPoolExecutor)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))
    clean_digests: dict[str, str] = field(default_factory=dict)
    clean_rows: dict[str, tuple[int, str]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)  # how often each stage tells its progress
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)  # that each stage takes in each place

    @property
    def dsn(self) -> str:
        return self.settings.postgres_dsn.get_secret_value()

    @cached_property
    def prefect_url(self) -> str:
        return self.closing.enter_context(prefect_server(self.settings))

    def measure(self, place: str) -> None:
        """How long stages take there when nothing happens."""
        if (place, STAGES[0]) in self.seconds:
            return
        with self.cell(STAGES[0], place) as cell:
            cell.retry()
            assert not (found := cell.differing()), found
            for stage in STAGES:
                self.seconds[place, stage] = float(cell.records.attempt(stage, 1).seconds)
        print("undisturbed:", self.calls, self.seconds)

    @contextlib.contextmanager
    def cell(self, stage: str, place: str) -> Iterator[Cell]:
        """A lake with the stages before this one, and a Postgres that shows another run."""
        name = f"cell{next(self.numbers)}"
        home = self.home / name
        self.executor.client.wait_for_workers(2, timeout=60)
        with self.database(name) as dsn:
            settings = self.settings.with_(home=home, postgres_dsn=SecretStr(dsn), lake_url=(home / "lake").as_uri())
            before = self.home / "before" / stage
            if place == "served":
                keys = {"s3_access_key": "k", "s3_secret_key": SecretStr("s")}
                url = f"s3://faults/{name}"
                straight = open_lake(settings.with_(lake_url=url, s3_endpoint=f"http://{self.store.real}", **keys).lake)
                files = [path for path in before.rglob("*") if path.is_file()]
                for path in files:
                    straight.put(path.relative_to(before).as_posix(), path.read_bytes())
                settings = settings.with_(lake_url=url, s3_endpoint=self.store.url, **keys)
            else:
                home.mkdir()
                subprocess.run(["cp", "-al", before, home / "lake"], check=True)  # objects are replaced, not written in
                straight = open_lake(settings.lake)
            with contextlib.ExitStack() as closing:
                yield Cell(self, stage, place, settings, straight, closing)
        subprocess.run(["rm", "-rf", home], check=True)

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A database in which the other run is shown."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"create database {name} template other")
        yield self.dsn.replace("/postgres?", f"/{name}?")
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")

    def postgres_processes(self) -> list[int]:
        """The server, and what it started."""
        import psutil

        server = int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        return [server, *(child.pid for child in psutil.Process(server).children(recursive=True))]

    def start_postgres(self) -> None:
        """As the next command would."""
        _pgserver().get_server(self.home / "postgres", start=False).start()

    def busy_worker(self) -> int:
        """A Dask worker that has something to do, if there is one."""
        nannies = list(self.executor.client.cluster.workers.values())
        doing = self.executor.client.processing()
        return max(nannies, key=lambda nanny: len(doing.get(nanny.worker_address, ()))).pid


@dataclass
class Cell:
    """A stage that is about to begin. `share` says when the fault comes, as a part of the stage's undisturbed time."""

    house: House
    stage: str
    place: str
    settings: Settings
    lake: Lake  # past the store's troubles
    closing: contextlib.ExitStack
    chance: random.Random = field(default_factory=random.Random)
    share: float = 0.0

    @property
    def records(self) -> RunRecords:
        return RunRecords(self.lake, RUN)

    def digests(self) -> dict[str, str]:
        return {layer: manifest.digest for layer, manifest in self.records.manifests().items()}

    def drive(self, stop_at: int | None = None, executor: Executor | None = None) -> Future[int]:
        """Begin the stage, in a thread; it ends by itself at this call of its progress, if there is a number."""
        return self.house.threads.submit(self.run, self.stage, stop_at=stop_at, executor=executor)

    def retry(self) -> None:
        """What `pqr retry` does: each stage of the run, in order."""
        for stage in STAGES:
            self.run(stage)

    def run(self, stage: str, *, stop_at: int | None = None, executor: Executor | None = None) -> int:
        """Bring a stage to its manifest; returns how often it told its progress."""
        calls = 0

        def count(*_: str, **__: int) -> None:
            nonlocal calls
            calls += 1
            if calls == stop_at:
                raise Stopped

        run_stage(
            stage_named(stage), RUN, lake=open_lake(self.settings.lake), settings=self.settings,
            executor=executor or self.house.executor, progress=count,
        )  # fmt: skip
        return calls

    def read_by_stage(self) -> list[Partition]:
        """The objects that the stage reads; the loader those that tables mirror."""
        stage = stage_named(self.stage)
        manifests = inputs_of(stage, self.records).manifests
        if EVERY_LAYER in stage.requires:
            return [part for parts in mirrored(manifests).values() for part in parts]
        named = [(layer, contract.dataset) for layer, contracts in stage.requires.items() for contract in contracts]
        return [part for layer, dataset in named for part in manifests[layer].dataset(dataset).partitions]

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """`pqr` as a process, with a cluster of its own or, where the store is served, attached to the one there is."""
        mine = self.settings
        environment = os.environ | {
            "PQR_HOME": str(mine.home),
            "PQR_LAKE_URL": mine.lake_url,
            "PQR_POSTGRES_DSN": mine.postgres_dsn.get_secret_value(),
            "PQR_WORKERS": "1",
            "PREFECT_API_URL": self.house.prefect_url,
        }
        if self.place == "served":
            environment |= {"PQR_S3_ENDPOINT": mine.s3_endpoint, "PQR_S3_ACCESS_KEY": "k", "PQR_S3_SECRET_KEY": "s"}
            environment["PQR_SCHEDULER"] = self.house.executor.client.scheduler.address
        return subprocess.Popen(
            [sys.executable, "-m", "pqr_pipeline", *arguments, "--quiet"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def await_moment(self, is_over: Callable[[], bool]) -> float:
        """Return when the fault is due, and the time; raises TooLate when the stage is over by then."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.lake.find(attempt_key(RUN, self.stage, 1)) is None:
            assert not is_over(), f"{self.stage} did not begin"
            assert time.monotonic() < until
            time.sleep(0.003)
        time.sleep(self.share * self.house.seconds[self.place, self.stage])
        if is_over():
            raise TooLate
        return time.monotonic()

    def differing(self) -> list[str]:
        """What is not as in a clean run: layers by their digest, tables by the number and digest of their rows."""
        digests, rows = self.digests(), rows_of(self.settings.postgres_dsn.get_secret_value())
        found = [layer for layer, digest in self.house.clean_digests.items() if digests.get(layer) != digest]
        found += [
            f"{table}: {rows.get(table, (0,))[0]} rows, not {count}"
            for table, (count, digest) in self.house.clean_rows.items()
            if rows.get(table) != (count, digest)
        ]
        return found + warehouse().differences(self.lake, RUN, self.settings.postgres_dsn.get_secret_value())


def rows_of(dsn: str) -> dict[str, tuple[int, str]]:
    """Every table that people read: how many rows it has, and a digest of them in order."""
    tables = (
        "select format('%I.%I', nspname, relname) from pg_class join pg_namespace n on n.oid = relnamespace "
        "where nspname in ('core', 'gold') and relkind in ('r', 'p') and not relispartition"
    )
    digest = "select count(*), md5(coalesce(string_agg(t::text, e'\\n' order by t::text), '')) from {} t"
    with psycopg.connect(dsn) as connection:
        names = [name for (name,) in connection.execute(tables).fetchall()]
        return {name: connection.execute(digest.format(name)).fetchone() for name in names}


@contextlib.contextmanager
def house_at(home: Path, s3_endpoint: str) -> Iterator[House]:
    """All that cells share, with a clean run and the lake as it was before each stage of it."""
    settings = Settings.read(home=home, workers=2)
    client = boto3.client(
        "s3", endpoint_url=s3_endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="faults")
    with contextlib.ExitStack() as closing:
        closing.enter_context(dask.config.set({"distributed.scheduler.worker-ttl": SILENCE}))
        dsn = closing.enter_context(postgres(settings))
        executor = closing.enter_context(dask_executor(settings))
        ready = settings.with_(postgres_dsn=SecretStr(dsn))
        house = House(home, ready, executor, Store(s3_endpoint), closing)
        closing.callback(house.store.shut)
        _show_other(house)
        _run_cleanly(house)
        yield house


def _show_other(house: House) -> None:
    """The database that those of cells are copies of; no power is cut here, so nothing waits for the disk."""
    with psycopg.connect(house.dsn, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
        connection.execute("create database other template postgres")
    dsn = house.dsn.replace("/postgres?", "/other?")
    settings = house.settings.with_(lake_url=(house.home / "other").as_uri(), postgres_dsn=SecretStr(dsn))
    lake = open_lake(settings.lake)
    declare(lake, "other", OTHER)
    for stage in STAGES:
        run_stage(stage_named(stage), "other", lake=lake, settings=settings, executor=house.executor)


def _run_cleanly(house: House) -> None:
    """Once through all stages, with a copy of the lake before each; what it ends in is what every cell must end in."""
    with house.database("clean") as dsn:
        settings = house.settings.with_(lake_url=(house.home / "clean").as_uri(), postgres_dsn=SecretStr(dsn))
        cell = Cell(house, STAGES[0], "embedded", settings, open_lake(settings.lake), house.closing)
        declare(cell.lake, RUN, SMALL)
        (house.home / "before").mkdir()
        for stage in STAGES:
            subprocess.run(["cp", "-al", house.home / "clean", house.home / "before" / stage], check=True)
            house.calls[stage] = cell.run(stage)
        house.clean_digests, house.clean_rows = cell.digests(), rows_of(dsn)
        assert list(house.clean_digests) == list(installed_graph().layers)
        assert cell.differing() == []
