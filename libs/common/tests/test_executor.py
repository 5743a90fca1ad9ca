"""Executors: results as they come, our errors as they are, a mixed cluster refused."""

from __future__ import annotations

import operator
import os

import pytest
from distributed import LocalCluster

from pqr_common.errors import ClusterUnavailable, InvalidSettings, UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.process.settings import Settings
from pqr_common.stage import executor
from pqr_common.stage.executor import Inline, dask_executor, package_versions


def test_inline_runs_in_this_process():
    """For tests and tools that need no cluster."""
    assert list(Inline().map(operator.neg, [1, 2, 3])) == [-1, -2, -3]


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
def test_a_cluster_of_other_versions_is_refused(monkeypatch):
    """Code travels by name, so versions must agree; the sentence names package and both versions."""
    mine = package_versions()
    monkeypatch.setattr(executor, "_my_versions", lambda: mine | {"pyarrow": "0.0.1"})
    with pytest.raises(InvalidSettings, match=r"pyarrow 0\.0\.1 here"), dask_executor(Settings(workers=1)):
        pass
    monkeypatch.setattr(executor, "_my_versions", lambda: mine | {"pqr-platinum": "1.0"})
    with (
        pytest.raises(InvalidSettings, match=r"pqr-platinum 1\.0 here and missing there"),
        dask_executor(Settings(workers=1)),
    ):
        pass


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
