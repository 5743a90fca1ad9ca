"""The stage as the runner sees it: a run that continues another counts what came since, and tells the same figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pqr_common.errors import ContractBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.stage.values import Output, StageInputs, Task
from pqr_gold import stage as stage_module
from pqr_gold.marts import MARTS, PARTIALS, SHOWN
from pqr_gold.partials import FLOW
from pqr_gold.schema import TICKETS
from pqr_gold.stage import STAGE
from pqrs.parameters import Parameters

ROWS: list[Output] = []


def plan_tickets(_inputs):
    return [Task(f"{number}", arguments={"key": each.key}) for number, each in enumerate(ROWS)]


def work_tickets(task, _context):
    yield ROWS[int(task.key)]


SILVER = Stage(
    "silver", "silver", "pqr_common", produces=(TICKETS,),
    phases=(Phase("tickets", plan_tickets, work_tickets, resumable=False),), continues=True, keeps=("tickets",),
)  # fmt: skip
GRAPH = Graph.of(stage.node for stage in (SILVER, STAGE))


@pytest.fixture
def lake(tmp_path):
    return FolderLake(tmp_path / "lake")


@pytest.fixture
def run(lake, tmp_path, table_of):
    """Commits these tickets, by the key and sign of their partition, and brings gold to its manifest."""
    settings = Settings(lake_url=(tmp_path / "lake").as_uri(), home=tmp_path)

    def _run(run_id, end, tickets, continues=None):
        ROWS[:] = [Output("tickets", key, table_of(rows), sign=sign) for (key, sign), rows in tickets.items()]
        parameters = Parameters.create(window_to=date.fromisoformat(end))
        RunRecords(lake, run_id).declare(parameters, GRAPH, continues=continues)
        silver, gold = (
            run_stage(stage, run_id, lake=lake, settings=settings, executor=Inline()) for stage in (SILVER, STAGE)
        )
        return StageInputs(run_id, parameters, {"silver": silver}), gold

    return _run


@pytest.fixture
def story(new_ticket):
    """Two tickets of which one is answered on the second day, when a third comes; nothing happens on the day after."""
    waiting = new_ticket("2026-01-05T09:30", pqrs_type="PET_INF")
    other = new_ticket("2026-01-05T10:30", department="Huila")
    answered = new_ticket("2026-01-05T09:30", pqrs_type="PET_INF", closed="2026-01-20")
    third = new_ticket("2026-01-20T10:30", department="Meta")
    return {
        "2026-01-19": {("19", 1): [waiting, other]},
        "2026-01-20": {("20", 1): [answered, third], ("20", -1): [waiting]},
        "2026-01-30": {},
    }


def _told(gold):
    return {dataset.name: (dataset.rows, dataset.content_digest) for dataset in gold.datasets}


def test_days_one_by_one_tell_what_one_run_tells(run, story):
    """All marts and all totals of every day, though a term ends and nothing happens on the last."""
    before = None
    for end, tickets in story.items():
        _, gold = run(f"to-{end}", end, tickets, continues=before)
        assert (gold.continues.manifest if gold.continues else None) == before
        before = f"to-{end}"
        so_far = {key: rows for day, each in story.items() if day <= end for key, rows in each.items()}
        _, whole = run(f"whole-{end}", end, so_far)
        assert _told(gold) == _told(whole)
    assert set(_told(gold)) == {*MARTS, *(f"total_{name}" for name in PARTIALS if name not in SHOWN)}


def test_months_in_which_nothing_changed_are_left_as_they_are(run, story, new_ticket):
    """A large total is cut by months: a day writes those that its tickets came in, and names the others as they lie."""
    third = new_ticket("2026-02-03T10:30")
    run("first", "2026-01-19", story["2026-01-19"])
    _, second = run("second", "2026-02-03", {("34", 1): [third]}, continues="first")
    _, last = run("last", "2026-02-04", {("35", 1): [third]}, continues="second")
    january, february = second.dataset("kpi_cohorts").partitions
    assert (january.rows, february.rows) == (2, 1)
    still, grown = last.dataset("kpi_cohorts").partitions
    assert (still, grown.key, grown.rows) == (january, february.key, 1)
    assert grown.content_digest != february.content_digest


def test_only_what_was_added_is_counted(run, story, monkeypatch):
    """Every partial of the new partitions; of the old ones a partial that the base counted otherwise, or not at all."""
    first, counted = run("first", "2026-01-19", story["2026-01-19"])
    second, _ = run("second", "2026-01-20", story["2026-01-20"], continues="first")
    inputs = replace(second, base=first.manifests | {"gold": counted})
    tasks = {task.key: set(task.arguments) for task in stage_module.plan_partials(inputs)}
    assert tasks == {"20": set(PARTIALS), "20-taken-back": set(PARTIALS)}
    other = replace(FLOW, sql=FLOW.sql + "having count(*) > 0\n")
    monkeypatch.setattr(stage_module, "PARTIALS", PARTIALS | {"flow": other})
    tasks = {task.key: set(task.arguments) for task in stage_module.plan_partials(inputs)}
    assert tasks == {"19": {"flow"}, "20": set(PARTIALS), "20-taken-back": set(PARTIALS)}


def test_what_was_never_there_cannot_be_taken_back(run, story, new_ticket):
    """A count below zero is a broken promise, and nothing is committed."""
    run("first", "2026-01-19", story["2026-01-19"])
    stranger = new_ticket("2026-01-06T09:30", pqrs_type="CONSULTA")
    with pytest.raises(ContractBroken, match="none_was_taken_twice"):
        run("second", "2026-01-20", {("20", -1): [stranger]}, continues="first")
