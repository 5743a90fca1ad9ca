"""The gate between who removes objects and who reuses them: each looks for the other after it has said it is there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from pqr_common.errors import Fenced, Transient, UnknownRun
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.layout import GATE, attempt_key, manifest_key, run_key
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.process.settings import Settings
from pqr_common.stage import gate
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.stage.gate import Gate, gate_shut, is_committed, under_way
from pqr_common.stage.values import Output, Task
from pqr_common.tables.contract import Contract
from pqrs.parameters import Parameters

NUMBERS = Contract("numbers", "one row a number", pa.schema([("n", pa.int64())]), ("n",))


def plan(inputs):
    return [Task("one")]


def work(task, bench):
    yield Output("numbers", task.key, pa.table({"n": [1]}))


STAGE = Stage("generator", "raw", "pqr_common", produces=(NUMBERS,), phases=(Phase("make", plan, work),))


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "CONFIRM_SECONDS", 0.0)
    lake = FolderLake(tmp_path / "lake")
    RunRecords(lake, "r1").declare(Parameters.create(), Graph.of([STAGE.node]))
    return lake


def run(lake, stage=STAGE):
    settings = Settings(lake_url=lake.root.as_uri(), home=lake.root.parent)
    return run_stage(stage, "r1", lake=lake, settings=settings, executor=Inline())


def shut_before(lake, age):
    said = {"token": "0" * 16, "at": (datetime.now(UTC) - age).isoformat()}
    lake.put(GATE, json.dumps(said).encode())


def test_the_gate_is_no_run_and_goes_when_its_sweeper_has_ended(lake):
    """What lies there while it is shut is not taken for a record of a run."""
    with gate_shut(lake):
        assert lake.find(GATE)
        assert run_ids(lake) == ["r1"]
        with pytest.raises(Transient, match="held by another"), gate_shut(lake):
            pass
    assert lake.find(GATE) is None


def test_a_stage_does_not_begin_while_the_gate_is_shut(lake):
    """Its attempt was opened first and tells why it ended; the next one, once the gate is open, does the work."""
    with gate_shut(lake), pytest.raises(Transient, match="pqr prune"):
        run(lake)
    (attempt,) = RunRecords(lake, "r1").attempts("generator")
    assert (attempt.state, attempt.error_type) == ("failed", "Transient")
    assert run(lake).dataset("numbers").rows == 1


def test_the_gate_of_a_killed_sweeper_holds_nobody(lake):
    """After ten minutes a stage passes, and another sweeper takes it over; the first, if it lives, loses it."""
    shut_before(lake, timedelta(minutes=11))
    assert run(lake)
    before = Gate(lake)
    before.shut()
    shut_before(lake, timedelta(minutes=11))
    with gate_shut(lake):
        with pytest.raises(Transient, match="held by another"):
            before.hold()
        before.open()
        assert lake.find(GATE)


def test_a_sweeper_keeps_its_gate_young(lake, monkeypatch):
    """However long it works; but one that slept so long that it may have lost it does not go on."""
    with gate_shut(lake) as held:
        first = lake.find(GATE)
        monkeypatch.setattr(gate, "RENEW_SECONDS", 0.0)
        held.hold()
        assert lake.find(GATE) != first
        monkeypatch.setattr(gate, "LOSE_SECONDS", 0.0)
        with pytest.raises(Transient):
            held.hold()


def test_who_is_under_way_is_told_by_its_attempt(lake):
    """Open, and begun within six hours; one whose stage is committed names nothing more."""
    records, now = RunRecords(lake, "r1"), datetime.now(UTC)
    attempt = records.claim("generator", started_at=now.isoformat(), host="here")
    assert under_way(lake, now=now) == [attempt]
    assert under_way(lake, "r2", now=now) == []
    assert under_way(lake, now=now + timedelta(hours=7)) == []
    assert not is_committed(lake, attempt)
    run(lake)
    assert under_way(lake, now=now) == []
    assert is_committed(lake, attempt)


def acting(act):
    """The stage, with something that happens while it works."""

    def checks(outcome):
        act()
        return []

    return replace(STAGE, checks=checks)


def test_an_attempt_that_others_may_take_for_dead_does_not_commit(lake, monkeypatch):
    """A sweeper that looks later than six hours sees nobody; the next attempt finds its work made."""
    monkeypatch.setattr(gate, "COMMIT_WITHIN", timedelta(0))
    with pytest.raises(Fenced, match="must commit within"):
        run(lake)
    monkeypatch.undo()
    assert RunRecords(lake, "r1").manifest("raw") is None
    assert run(lake)
    assert [each.tasks_reused for each in RunRecords(lake, "r1").attempts("generator")] == [0, 1]


def test_an_attempt_whose_record_is_gone_does_not_commit(lake):
    """Its run was removed by somebody who took it for dead."""
    with pytest.raises(Fenced, match="removed by another"):
        run(lake, acting(lambda: lake.delete(attempt_key("r1", "generator", 1))))
    assert lake.find(manifest_key("r1", "raw")) is None


def test_a_run_that_is_removed_while_its_stage_begins_is_no_run(lake, monkeypatch):
    """What the driver read before it opened its attempt is read again afterwards."""
    claim = RunRecords.claim

    def late(self, stage, **given):
        lake.delete(run_key("r1"))
        return claim(self, stage, **given)

    monkeypatch.setattr(RunRecords, "claim", late)
    with pytest.raises(UnknownRun):
        run(lake)
