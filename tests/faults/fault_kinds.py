"""The faults: each begins its cell's stage, does its harm at the cell's moment, and says how the stage took it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from importlib import resources
from pathlib import Path
from unittest.mock import patch

import psutil
from distributed import Client, LocalCluster
from fault_cells import PATIENCE_SECONDS, RUN, Cell, TooLate
from pydantic import SecretStr

from pqr_common.errors import (
    ClusterUnavailable,
    Fenced,
    InvalidSettings,
    LakeUnavailable,
    PqrError,
    UpstreamBroken,
    WarehouseUnavailable,
)
from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import stage_named
from pqr_common.stage.executor import DaskExecutor
from pqr_pipeline.command.called import called
from pqr_pipeline.embedded.postgres import _pgserver, postgres

PAGE_BYTES = 4096
BUSY_SECONDS = 20
RETRY = f"`pqr retry {RUN}`"


@dataclass(frozen=True)
class Ended:
    """How the stage took it, and what mends that: nothing, where it healed by itself."""

    at: float
    outcome: str = "healed by itself"
    mended_by: str = ""
    is_command: bool = False  # the driver was a process of its own, and so is the retry
    during: AbstractContextManager[object] = field(default_factory=nullcontext)  # how the world is while it is mended


def _told(at: float, error: BaseException | None, *allowed: type[PqrError], act: str = "") -> Ended:
    """An error must be one of those that the fault may cause, and say what to do."""
    if error is None:
        return Ended(at)
    if not isinstance(error, allowed):
        raise error
    said = str(error).rpartition(": ")[2]
    assert "`pqr retry`" in said or act, error
    return Ended(at, f"{type(error).__name__}, exit code {error.exit_code}", act or said)


# --- the driver


def signalled(number: signal.Signals) -> Callable[[Cell], Ended]:
    """`pqr` itself hears the signal; Ctrl-C goes to all processes of its terminal."""

    def inject(cell: Cell) -> Ended:
        process, layer = cell.command("retry", RUN), stage_named(cell.stage).writes
        try:
            at = cell.await_moment(lambda: process.poll() is not None or cell.records.manifest(layer) is not None)
            (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
            said = process.communicate(timeout=PATIENCE_SECONDS)[1].strip()
        finally:
            process.kill()
            process.communicate()
        if cell.records.manifest(layer) is not None:
            raise TooLate
        if number == signal.SIGKILL:
            assert process.returncode == -number
            return Ended(at, "killed", RETRY, is_command=True)
        assert process.returncode == 128 + number, said
        assert said.endswith(f": `{called()} retry {RUN}` continues it."), said
        return Ended(at, f"exit code {process.returncode}", RETRY, is_command=True)

    return inject


def started_twice(cell: Cell) -> Ended:
    first = cell.drive()
    at = cell.await_moment(first.done)
    second = cell.drive()
    ends = [first.exception(PATIENCE_SECONDS), second.exception(PATIENCE_SECONDS)]
    for error in ends:
        if error and not isinstance(error, Fenced):
            raise error
    assert None in ends
    other = "finds that" if ends == [None, None] else f"is Fenced, exit code {Fenced.exit_code}"
    return Ended(at, f"healed by itself: one commits, the other {other}")


class _DayBefore(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) - timedelta(days=1)


def clock_back(cell: Cell) -> Ended:
    """The driver ends in the middle; who goes on has a clock that is a day behind the one who began."""
    driver = cell.drive(stop_at=1 + int(cell.share * cell.house.calls[cell.stage]))
    driver.exception(PATIENCE_SECONDS)
    during = contextlib.ExitStack()
    for module in ("attempt", "gate"):
        during.enter_context(patch(f"pqr_common.stage.{module}.datetime", _DayBefore))
    return Ended(time.monotonic(), "ended in the middle", RETRY, during=during)


# --- workers


def worker_signalled(number: signal.Signals) -> Callable[[Cell], Ended]:
    """A worker that has a task, where one has."""

    def inject(cell: Cell) -> Ended:
        driver = cell.drive()
        at = cell.await_moment(driver.done)
        worker = cell.house.busy_worker()
        os.kill(worker, number)
        error = driver.exception(PATIENCE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)
        return _told(at, error, ClusterUnavailable)

    return inject


def stale_code(cell: Cell) -> Ended:
    """Once the driver has seen that all is well, a worker joins that has other code of this stage, and gets its tasks."""
    cell.share, package = 0.0, stage_named(cell.stage).package
    old = cell.house.home / f"old-{cell.stage}"
    if not old.exists():
        shutil.copytree(Path(str(resources.files(package))), old / package)
        with (old / package / "stage.py").open("a") as file:
            file.write("# as it was before\n")
    environment = os.environ | {"PYTHONPATH": f"{old}:{os.environ.get('PYTHONPATH', '')}"}
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1", silence_logs="CRITICAL") as empty,
        Client(empty, set_as_default=False) as client,
    ):
        command = [sys.executable, "-m", "distributed.cli.dask_worker", empty.scheduler_address, "--no-dashboard"]
        worker = subprocess.Popen(
            [*command, "--no-nanny"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            client.wait_for_workers(1, timeout=60)
            at = time.monotonic()
            error = cell.drive(executor=DaskExecutor(client)).exception(PATIENCE_SECONDS)
        finally:
            worker.kill()
            worker.wait()
    assert error is not None, "other code worked unseen"
    assert package in str(error)
    return _told(at, error, InvalidSettings, act=f"workers of the same code, then {RETRY}")


# --- disks and Postgres


def disk_full(cell: Cell) -> Ended:
    """The disk of the lake or, for the loader, of Postgres, as a file system of its own that shrinks to what is on it."""
    disk = cell.settings.home / "disk"
    disk.mkdir(parents=True)

    def mount(options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], check=True)

    mount("size=512m")
    cell.closing.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=True)
    if cell.stage == "loader":
        dsn = cell.closing.enter_context(postgres(Settings.read(home=disk)))
        cell.settings = cell.settings.with_(postgres_dsn=SecretStr(dsn))
    else:
        subprocess.run(["cp", "-a", cell.settings.home / "lake", disk], check=True)
        cell.settings = cell.settings.with_(lake_url=(disk / "lake").as_uri())
        cell.lake = open_lake(cell.settings.lake)
    driver = cell.drive()
    at = cell.await_moment(driver.done)
    while True:
        with contextlib.suppress(subprocess.CalledProcessError):  # more was written since it was asked
            mount(f"remount,size={shutil.disk_usage(disk).used + 2 * PAGE_BYTES}")
            break
    error = driver.exception(PATIENCE_SECONDS)
    mount("remount,size=512m")
    if error is None:
        raise TooLate
    if cell.stage == "loader":
        _pgserver().get_server(disk / "postgres", start=False).start()
    return _told(at, error, LakeUnavailable, WarehouseUnavailable)


def postgres_signalled(number: signal.Signals) -> Callable[[Cell], Ended]:
    """With SIGKILL all of it is gone until the next command; with SIGINT it is stopped in order and started at once."""

    def inject(cell: Cell) -> Ended:
        driver = cell.drive()
        at = cell.await_moment(driver.done)
        server, *others = cell.house.postgres_processes()
        for pid in (server, *others) if number == signal.SIGKILL else (server,):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while psutil.pid_exists(server):
            time.sleep(0.01)
        if number == signal.SIGKILL:
            error = driver.exception(PATIENCE_SECONDS)
            cell.house.start_postgres()
        else:
            cell.house.start_postgres()
            error = driver.exception(PATIENCE_SECONDS)
        if error is None:
            raise TooLate
        return _told(at, error, WarehouseUnavailable)

    return inject


# --- the store


def store_troubled(trouble: str) -> Callable[[Cell], Ended]:
    def inject(cell: Cell) -> Ended:
        store = cell.house.store
        driver = cell.drive()
        at = cell.await_moment(driver.done)
        store.trouble = trouble
        try:
            error = driver.exception(PATIENCE_SECONDS)
            if trouble == "busy":
                time.sleep(max(0.0, at + BUSY_SECONDS - time.monotonic()))
            if (trouble == "busy" and error is None) or store.trouble == "lossy":
                raise TooLate
        finally:
            store.trouble = ""
        return _told(at, error, LakeUnavailable)

    return inject


def store_shut(cell: Cell) -> Ended:
    driver = cell.drive()
    at = cell.await_moment(driver.done)
    cell.house.store.shut()
    error = driver.exception(PATIENCE_SECONDS)
    cell.house.store.open()
    if error is None:
        raise TooLate
    return _told(at, error, LakeUnavailable)


def truncated(cell: Cell) -> Ended:
    """An object that the stage reads; of the first stage, one that an earlier attempt of it left."""
    if not stage_named(cell.stage).requires:
        cell.drive(stop_at=cell.house.calls[cell.stage]).exception(PATIENCE_SECONDS)
        key = cell.chance.choice(list(cell.lake.keys("raw")))
        data = cell.lake.get(key)
        cell.lake.put(key, data[: cell.chance.randrange(len(data))])
        return Ended(time.monotonic(), "made again", RETRY)
    cell.share = 0.0
    part = cell.chance.choice([part for part in cell.read_by_stage() if part.bytes])
    data = cell.lake.get(part.path)
    cell.lake.put(part.path, data[: cell.chance.randrange(len(data))])
    at = time.monotonic()
    error = cell.drive().exception(PATIENCE_SECONDS)
    assert part.path in str(error)
    cell.lake.put(part.path, data)
    return _told(at, error, UpstreamBroken, act=f"the object, which it names, restored; then {RETRY}")
