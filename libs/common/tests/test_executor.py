"""Executors: results as they come, our errors as they are, a mixed cluster refused."""

from __future__ import annotations

import contextlib
import operator
import os
import shutil
import socket
import subprocess
import sys
import time
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from dask.utils import parse_bytes
from distributed import LocalCluster

from pqr_common.errors import ClusterUnavailable, InvalidSettings, UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.process.memory import KEPT
from pqr_common.process.settings import Settings
from pqr_common.stage import executor
from pqr_common.stage.discovery import declare, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline, dask_executor, package_versions
from pqrs.parameters import Parameters


def test_inline_runs_in_this_process():
    """For tests and tools that need no cluster."""
    assert list(Inline().map(operator.neg, [1, 2, 3])) == [-1, -2, -3]


@pytest.fixture(scope="module")
def one_worker():
    """A cluster for the tests that leave its worker as it was."""
    with dask_executor(Settings(workers=1)) as cluster:
        yield cluster


@pytest.mark.integration
def test_a_cluster_maps_and_passes_our_errors_on(tmp_path):
    """Every item once, in any order; an error of ours arrives as itself; a dying worker is a transient error."""
    with dask_executor(Settings(workers=2)) as cluster:
        assert sorted(cluster.map(operator.neg, range(20))) == list(range(-19, 1))
        assert list(cluster.map(operator.neg, [])) == []
        with pytest.raises(UpstreamBroken, match="not-there"):
            list(cluster.map(FolderLake(tmp_path).get, ["not-there"]))
        with pytest.raises(ClusterUnavailable, match="pqr retry"):
            list(cluster.map(os._exit, [1]))


@pytest.mark.integration
def test_an_error_of_ours_is_not_tried_again_by_the_cluster(one_worker, tmp_path):
    """What is worth another try is tried again where it is known, by the lake and by the flow."""

    def work(item):
        with (tmp_path / "tries").open("a") as file:
            file.write(item)
        raise UpstreamBroken("no")

    with pytest.raises(UpstreamBroken):
        list(one_worker.map(work, ["x"]))
    assert (tmp_path / "tries").read_text() == "x"


@pytest.mark.integration
def test_a_cluster_of_other_versions_is_refused(one_worker):
    """Code travels by name, so versions must agree; the sentence names package and both versions."""
    mine = package_versions()
    with pytest.raises(InvalidSettings, match=r"pyarrow 0\.0\.1 here"):
        executor._refuse_mixed(one_worker.client, mine | {"pyarrow": "0.0.1"})
    with pytest.raises(InvalidSettings, match=r"pqr_platinum 1\.0 here and missing there"):
        executor._refuse_mixed(one_worker.client, mine | {"pqr_platinum": "1.0"})


def test_workers_with_other_code_of_the_same_version_are_refused(tmp_path):
    """Rebuild one service's image only: its version is the same, its code on the workers is not."""
    source = Path(str(resources.files("pqr_silver")))
    shutil.copytree(source, tmp_path / "old" / "pqr_silver", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "old" / "pqr_silver" / "transform.py").open("a") as file:
        file.write("# as it was before\n")
    port = free_port()
    old = os.environ | {"PYTHONPATH": str(tmp_path / "old")}
    address = f"tcp://127.0.0.1:{port}"
    with (
        started("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        started("dask_worker", address, "--nworkers", "1", "--no-dashboard", environment=old),
        pytest.raises(InvalidSettings, match=r"pqr_silver \w{12} here and \w{12} there"),
        dask_executor(Settings(scheduler=address)),
    ):
        pass


@contextlib.contextmanager
def started(module, *arguments, environment=None):
    """A server of Dask as a process of its own."""
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        child.wait(20)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_scheduler_that_is_not_there_is_transient(monkeypatch):
    """Exit code 5 and the address."""
    monkeypatch.setattr(executor, "CONNECT_TIMEOUT_SECONDS", 1)
    with (
        pytest.raises(ClusterUnavailable, match=r"tcp://127\.0\.0\.1:9"),
        dask_executor(Settings(scheduler="tcp://127.0.0.1:9")),
    ):
        pass


@pytest.mark.integration
def test_a_cluster_without_workers_is_transient(monkeypatch):
    """Tasks would wait for ever; the sentence says that a worker is missing."""
    monkeypatch.setattr(executor, "CONNECT_TIMEOUT_SECONDS", 1)
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1", silence_logs="CRITICAL") as empty,
        pytest.raises(ClusterUnavailable, match="must have a worker"),
        dask_executor(Settings(scheduler=empty.scheduler_address)),
    ):
        pass


@pytest.mark.integration
def test_a_cluster_that_loses_all_its_workers_is_transient(monkeypatch):
    """Nothing would ever finish; the sentence names what is missing and how to go on."""
    monkeypatch.setattr(executor, "NO_WORKERS_SECONDS", 1)
    with dask_executor(Settings(workers=1)) as cluster:
        results = cluster.map(time.sleep, [0, 60])
        next(results)
        cluster.client.cluster.scale(0)
        with pytest.raises(ClusterUnavailable, match=r"found NoWorkerError at tcp://.* then run `pqr retry`"):
            list(results)


DAY = date(2026, 1, 5)
MEMORY = "__import__('psutil').Process().memory_info().rss"
FILLED = f"len(bytearray(b'x') * (1_320_000_000 - {MEMORY}))"  # touched and freed, which the allocator keeps
HELD = f"(__import__('time').sleep(1), {MEMORY})[1]"


@pytest.mark.integration
def test_a_worker_that_once_filled_its_memory_goes_on():
    """It looks nearly full for ever, since what it freed is kept for what comes next."""
    with dask_executor(Settings(workers=1)) as cluster:
        list(cluster.map(eval, [FILLED]))
        for held in cluster.map(eval, [HELD, HELD]):
            assert 0.8 < held / parse_bytes(executor.WORKER_MEMORY) < 0.95


@pytest.mark.integration
def test_a_worker_gives_back_what_it_freed_before_a_task(tmp_path):
    """Else one stage's peak would come on top of what another stage left, and end the worker."""
    settings = Settings(workers=1, lake_url=tmp_path.as_uri())
    lake, given = FolderLake(tmp_path), Parameters.create(window_from=DAY, opens_on=DAY, window_to=DAY)
    declare(lake, "r1", given)
    with dask_executor(settings) as cluster:
        list(cluster.map(eval, [FILLED]))
        [full] = cluster.map(eval, [HELD])
        run_stage(stage_named("generator"), "r1", lake=lake, settings=settings, executor=cluster)
        [left] = cluster.map(eval, [HELD])
    assert left < KEPT < full
