"""The records of a run: what it is called, what state it is in, and damage that stops nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pqr_common.errors import InvalidSettings, UpstreamBroken
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.graph import EVERY_LAYER, Graph, Node
from pqr_common.manifest.runs import RunId, RunRecords, run_ids
from pqr_common.manifest.state import run_state
from pqr_common.testing import MemoryLake
from pqrs.parameters import Parameters

GRAPH = Graph.of([Node("reader", "last", (EVERY_LAYER,)), Node("second", "fine", ("rough",)), Node("first", "rough")])
PARAMETERS = Parameters.create(window_to=date(2026, 1, 2))


@pytest.fixture
def records():
    made = RunRecords(MemoryLake(), "r1")
    made.declare(PARAMETERS, GRAPH)
    return made


@pytest.mark.parametrize("name", ["a/b", "", ".hidden", "..", "a b", "ñ", "a" * 129, "a\n", None])
def test_defect_8_a_run_id_is_validated_at_every_door(name):
    """Whoever opens the records of a run says its name, and a name that is no safe part of a key is refused."""
    with pytest.raises(InvalidSettings, match="letters, digits"):
        RunRecords(MemoryLake(), name)


def test_a_run_id_is_text():
    """It compares, joins and is written like any text."""
    assert RunId("2026-01-01-s42_a.b") == "2026-01-01-s42_a.b"


def test_stages_are_in_an_order_in_which_each_finds_what_it_reads(records):
    """And a reader of everything comes last, with the layers there are."""
    assert GRAPH.stages == ("first", "second", "reader")
    assert GRAPH.nodes[-1].reads == ("fine", "rough")
    assert records.graph() == GRAPH
    assert GRAPH.layer_of("second") == "fine"


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([Node("a", "x", ("y",)), Node("b", "y", ("x",))], "circle"),
        ([Node("a", "x"), Node("b", "x")], "one stage"),
        ([Node("a", "x", ("z",))], "none for z"),
    ],
)
def test_a_graph_that_cannot_be_run_is_refused(nodes, said):
    """A circle, two writers of a layer, a layer nobody writes."""
    with pytest.raises(InvalidSettings, match=said):
        Graph.of(nodes)


def test_a_run_keeps_the_stages_of_its_time(records):
    """Declared again by code with one stage more, it is still the run it was."""
    records.declare(PARAMETERS, Graph.of([*GRAPH.nodes, Node("new", "newest", ("fine",))]))
    assert records.graph() == GRAPH


def attempt(stage, state, number=1):
    error = "It must work, found that it did not." if state == "failed" else None
    return Attempt("r1", stage, number, state, "2026-01-01T00:00:00Z", "here", error=error)


@pytest.mark.parametrize(
    ("committed", "attempts", "said"),
    [
        ((), (), "declared"),
        ((), [attempt("first", "running")], "running or killed at first"),
        (("rough",), [attempt("first", "completed")], "waits for second"),
        (("rough",), [attempt("first", "completed"), attempt("second", "failed")], "failed at second"),
        (("rough", "fine", "last"), [attempt("first", "running")], "completed"),
    ],
)
def test_the_first_stage_that_is_not_done_tells_how_a_run_stands(committed, attempts, said):
    """Manifests decide, attempts explain."""
    assert str(run_state(GRAPH, committed, attempts)) == said


def test_defect_5_killed_between_commit_and_close_is_one_state():
    """The first stage's attempt never ended though its manifest stands; the next one failed: that is where the run is."""
    told = [attempt("first", "running"), attempt("second", "failed", 1)]
    state = run_state(GRAPH, ("rough",), told)
    assert (state.name, state.stage, state.reason) == ("failed", "second", told[1].error)


def test_defect_4_a_truncated_attempt_stops_nobody(records):
    """It is told as unreadable, with its key; the attempts beside it and the next claim go on."""
    first = records.claim("first", started_at="2026-01-01T00:00:00Z", host="here")
    records.close(first, state="failed", error="It must work.", error_type="LakeUnavailable")
    records.claim("first", started_at="2026-01-01T00:00:01Z", host="here")
    records.lake.put("manifests/r1/attempts/first/2.json", b'{"run_id": "r1", "sta')
    one, two = records.attempts("first")
    assert (one.state, two.state, two.error_type) == ("failed", "unreadable", "Unreadable")
    assert "manifests/r1/attempts/first/2.json" in two.error
    assert records.claim("first", started_at="2026-01-01T00:00:02Z", host="here").number == 3


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"run_id": "r1"}', b'{"parameters": {}, "stages": 7}'])
def test_a_damaged_record_of_a_run_is_named(records, damage):
    """With its key, and the other runs are still listed."""
    records.lake.put("manifests/r1/run.json", damage)
    with pytest.raises(UpstreamBroken, match=r"manifests/r1/run\.json"):
        replace(records).graph(), records.parameters()
    assert run_ids(records.lake) == ["r1"]
