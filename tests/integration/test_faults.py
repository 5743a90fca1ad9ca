"""The worst cases: killed in the middle of each stage, bytes and rows changed behind the platform's back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named, warehouse
from pqr_common.stage.driver import run_stage
from pqr_pipeline.audit.verify import verify
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.embedded.prefect import prefect_server
from pqrs.parameters import Parameters

GRAPH = installed_graph()
pytestmark = pytest.mark.integration

RUN = ("--opens-on", "2026-01-01", "--to", "2026-02-15", "--volume", "300", "--run-id", "r1", "--workers", "1")
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def prefect_url(tmp_path_factory) -> Iterator[str]:
    """One Prefect server for all commands of this module."""
    with prefect_server(Settings.read(home=tmp_path_factory.mktemp("prefect"))) as url:
        yield url


class Home:
    """A PQR_HOME and the command run in it as a process of its own."""

    def __init__(self, path: Path, prefect_url: str) -> None:
        self.path = path
        self.lake = FolderLake(path / "lake")
        self.settings = Settings.read(home=path)
        self._environment = os.environ | {"PQR_HOME": str(path), "PREFECT_API_URL": prefect_url}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pqr_pipeline", *arguments]
        return subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def pqr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=180)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def digests(self) -> dict[str, str]:
        return {layer: manifest.digest for layer, manifest in RunRecords(self.lake, "r1").manifests().items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, prefect_url) -> Home:
    """The run as it should be."""
    home = Home(tmp_path_factory.mktemp("undisturbed"), prefect_url)
    ended = home.pqr("run", *RUN, "--json")
    assert ended.returncode == 0, ended.stderr
    assert list(home.digests()) == list(GRAPH.layers)
    return home


def _kill_in_the_middle(home: Home, stage: str) -> None:
    """Start the run and SIGKILL it once an attempt of the stage is open and before its manifest is there.

    Where there are receipts to resume from, it is killed after the first; bronze has one task here, the loader none.
    """
    process = home.start("run", *RUN, "--quiet")
    attempt = home.path / "lake" / "manifests" / "r1" / "attempts" / stage / "1.json"
    lake = home.path / "lake"
    receipts = lake / "tasks" / stage, lake / "manifests" / "r1" / "receipts" / stage
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (attempt.exists() and (stage in ("bronze", "loader") or any(map(Path.exists, receipts)))):
        assert time.monotonic() < deadline, f"{stage} did not start"
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("stage", GRAPH.stages)
def test_a_run_killed_in_a_stage_ends_like_an_undisturbed_one(stage, tmp_path, prefect_url, undisturbed):
    """SIGKILL, then `pqr retry`: the same digests in every layer and the same rows in Postgres."""
    home = Home(tmp_path / "home", prefect_url)
    _kill_in_the_middle(home, stage)
    assert GRAPH.layer_of(stage) not in home.digests(), "the stage was over before it was killed"
    ended = home.pqr("retry", "r1", "--quiet")
    assert ended.returncode == 0, ended.stderr
    assert home.digests() == undisturbed.digests()
    with postgres(home.settings) as dsn:
        assert warehouse().published(dsn) == "r1"
        assert warehouse().differences(home.lake, "r1", dsn) == []
        with psycopg.connect(dsn) as connection:
            states = connection.execute(
                "select attempt, state from meta.attempts where stage = %s order by attempt", (stage,)
            ).fetchall()
    assert [number for number, _ in states] == [1, 2]
    assert states[1][1] == "completed"


def test_nothing_is_left_running_after_a_command(undisturbed):
    """No process of the command outlives it."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(undisturbed.path) not in found


def test_loading_twice_changes_nothing(undisturbed):
    """The same run asked for again, and its load alone, leave every row where it was."""
    with postgres(undisturbed.settings) as dsn:
        before = _row_places(dsn)
    assert undisturbed.pqr("run", *RUN, "--quiet").returncode == 0
    assert undisturbed.pqr("stage", "loader", "r1", "--quiet").returncode == 0
    with postgres(undisturbed.settings) as dsn:
        assert _row_places(dsn) == before


def _row_places(dsn: str) -> list[tuple[object, ...]]:
    """Where rows lie and who wrote them: any rewrite, even of the same values, shows."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select tableoid::regclass::text, count(*), min(xmin::text), max(ctid) from core.tickets group by 1"
            " union all select 'kpi', count(*), min(xmin::text), max(ctid) from gold.kpi_executive order by 1"
        ).fetchall()


class Untouched:
    """An executor that hashes in this process, so that tampering tests need no cluster."""

    def map(self, function, items):
        return map(function, items)


@pytest.fixture
def copy(undisturbed, tmp_path, prefect_url) -> Home:
    """A copy of the undisturbed lake to tamper with."""
    shutil.copytree(undisturbed.path / "lake", tmp_path / "lake")
    return Home(tmp_path, prefect_url)


def _findings(home: Home, *, is_deep: bool = False) -> list[str]:
    return verify("r1", lake=home.lake, settings=home.settings, executor=Untouched(), is_deep=is_deep).findings


def test_an_untouched_run_is_proven(copy):
    """Hashes, chain, balances and rows: nothing to find."""
    assert _findings(copy, is_deep=True) == []


@pytest.mark.parametrize("layer", ["raw", "bronze", "silver", "gold"])
def test_one_changed_byte_in_a_layer_is_named(copy, layer):
    """One bit in the middle of any object of any layer."""
    for dataset in RunRecords(copy.lake, "r1").manifests()[layer].datasets:
        part = max(dataset.partitions, key=lambda part: part.bytes)
        data = copy.lake.get(part.path)
        middle = len(data) // 2
        copy.lake.put(part.path, data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        assert [part.path in finding for finding in _findings(copy)] == [True]
        copy.lake.put(part.path, data)


def test_a_missing_and_a_truncated_object_are_named(copy):
    """Both at once give two findings, each with its object."""
    first, second, *_ = RunRecords(copy.lake, "r1").manifests()["raw"].dataset("emails").partitions
    copy.lake.delete(first.path)
    copy.lake.put(second.path, copy.lake.get(second.path)[:-1])
    findings = _findings(copy)
    assert len(findings) == 2
    assert first.path in findings[0] + findings[1]
    assert second.path in findings[0] + findings[1]


@pytest.mark.parametrize("layer", list(GRAPH.layers))
def test_an_edited_manifest_is_named(copy, layer):
    """A manifest whose content no longer has its digest, and one whose digest was made to fit."""
    key = f"manifests/r1/{layer}.json"
    original = copy.lake.get(key)
    edited = json.loads(original)
    edited["parameters"]["run"] = "0" * 64
    copy.lake.put(key, json.dumps(edited).encode())
    assert any(key in finding for finding in _findings(copy))
    copy.lake.put(key, original)


def test_a_damaged_manifest_of_the_run_before_is_named(copy):
    """What a run continues need not be whole for it to be looked at: the damage is a finding, as any other."""
    longer = Parameters.of(RunRecords(copy.lake, "r1").parameters())
    longer = Parameters.from_json(longer.to_json() | {"window_to": str(longer.window_to + timedelta(days=1))})
    declare(copy.lake, "r2", longer)
    for name in GRAPH.stages[:2]:
        run_stage(stage_named(name), "r2", lake=copy.lake, settings=copy.settings, executor=Untouched())
    assert RunRecords(copy.lake, "r2").manifest("bronze").continues.manifest == "r1"
    key = "manifests/r1/bronze.json"
    copy.lake.put(key, copy.lake.get(key)[:-2])
    report = verify("r2", lake=copy.lake, settings=copy.settings, executor=Untouched(), is_deep=False)
    assert [key in finding for finding in report.findings] == [True]


def test_changed_parameters_of_a_run_are_named(copy):
    """run.json says what the run is; every manifest says of which run it is."""
    key = "manifests/r1/run.json"
    copy.lake.put(key, copy.lake.get(key).replace(b'"seed":42', b'"seed":43'))
    assert len(_findings(copy)) >= len(GRAPH.layers)


def test_one_changed_row_in_postgres_is_named_and_exits_4(undisturbed):
    """A single ticket: the sentence names the table and the ticket; once mended, all is well again."""
    with postgres(undisturbed.settings) as dsn, psycopg.connect(dsn) as connection:
        ticket_id, topic = connection.execute("select ticket_id, topic from core.tickets limit 1").fetchone()
        connection.execute("update core.tickets set topic = 'OTHER' where ticket_id = %s", (ticket_id,))
    ended = undisturbed.pqr("verify", "r1", "--deep")
    assert ended.returncode == 4
    assert "core.tickets" in ended.stderr
    assert ticket_id in ended.stderr
    assert "Traceback" not in ended.stderr
    with postgres(undisturbed.settings) as dsn, psycopg.connect(dsn) as connection:
        connection.execute("update core.tickets set topic = %s where ticket_id = %s", (topic, ticket_id))
        connection.commit()
        assert warehouse().differences(undisturbed.lake, "r1", dsn) == []


def test_a_failed_run_tells_its_story_in_postgres(tmp_path, prefect_url, undisturbed):
    """A damaged raw object stops bronze with exit code 3; meta.* knows stage, reason and what was done before."""
    home = Home(tmp_path / "home", prefect_url)
    subprocess.run(["cp", "-a", undisturbed.path, home.path], check=True)  # as owned by whoever runs Postgres
    manifest = RunRecords(home.lake, "r1").manifests()["raw"]
    part = max(manifest.dataset("emails").partitions, key=lambda part: part.bytes)
    home.lake.put(part.path, home.lake.get(part.path)[:-5])
    for layer in ("bronze", "silver", "gold", "load"):
        home.lake.delete(f"manifests/r1/{layer}.json")
    shutil.rmtree(home.path / "lake" / "tasks")
    ended = home.pqr("retry", "r1", "--quiet")
    assert ended.returncode == 3
    assert part.path in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    with postgres(home.settings) as dsn, psycopg.connect(dsn) as connection:
        state = connection.execute("select state, failed_stage, reason from meta.runs where run_id = 'r1'").fetchone()
    assert state[:2] == ("failed", "bronze")
    assert part.path in state[2]


def test_a_good_run_tells_its_story_in_postgres(undisturbed):
    """Runs, datasets, lineage and checks agree with the manifests."""
    layers = RunRecords(undisturbed.lake, "r1").manifests()
    with postgres(undisturbed.settings) as dsn, psycopg.connect(dsn) as connection:
        run = connection.execute("select state, failed_stage from meta.runs where run_id = 'r1'").fetchone()
        datasets = connection.execute("select layer, dataset, rows from meta.datasets where run_id = 'r1'").fetchall()
        lineage = connection.execute("select count(*) from meta.lineage where run_id = 'r1'").fetchone()
        checks = connection.execute("select count(*) from meta.quality_checks where run_id = 'r1'").fetchone()
    assert run == ("completed", None)
    expected = {(layer, d.name, d.rows) for layer, manifest in layers.items() for d in manifest.datasets}
    assert set(datasets) == expected
    assert lineage[0] >= sum(len(manifest.inputs) for manifest in layers.values())
    assert checks[0] >= sum(len(manifest.checks) for manifest in layers.values())
