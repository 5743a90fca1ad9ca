"""What meta tells of a run, good or failed, and the OpenLineage events made of it."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import datetime

import pytest

from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.graph import EVERY_LAYER, Graph, Node
from pqr_common.manifest.state import run_state
from pqr_common.manifest.values import Check, Dataset, Manifest, Partition, Source
from pqr_loader.openlineage import TABLES, events
from pqr_loader.records import Story, rows_of
from pqrs.parameters import Parameters

PARAMETERS = Parameters.create()
RUN = PARAMETERS.run_id
GRAPH = Graph.of([Node("generator", "raw"), Node("bronze", "bronze", ("raw",)), Node("loader", "load", (EVERY_LAYER,))])
CHECK = {
    "name": "rows",
    "dimension": "consistency",
    "status": "passed",
    "observed": 3,
    "expected": 3,
    "severity": "error",
}


def _manifest(layer, *datasets, inputs=(), made_from=()):
    made = tuple(
        Dataset(name, "a grain", ("id: string not null", "at: date32[day]"), (
            Partition(name, "part-00000", f"{layer}/{name}/part-00000", 3, 30, "aa", f"3-{'1' * 32}", rejected=1),
            Partition(name, "part-00001", f"{layer}/{name}/part-00001", 2, 20, "bb", f"2-{'2' * 32}"),
        ), made_from=made_from)
        for name in datasets
    )  # fmt: skip
    return Manifest(
        RUN, layer, {}, inputs, made, (Check.equal("rows", 3, 3),), {"version": "0.1.0", "source": "cc"},
        {"committed_at": "2026-04-01T00:00:09.000Z", "host": "here"},
    )  # fmt: skip


def _attempt(stage, number=1, state="completed", error=None):
    return Attempt(
        RUN, stage, number, state, f"2026-04-01T00:00:0{number}.000Z", "here",
        finished_at=None if state == "running" else f"2026-04-01T00:00:0{number + 5}.000Z",
        seconds=None if state == "running" else "5.000", error=error, error_type=error and "UpstreamBroken",
        checks=(CHECK,),
    )  # fmt: skip


RAW = _manifest("raw", "emails", "answers")
BRONZE = _manifest("bronze", "emails", "rejects", inputs=(Source("raw", RAW.digest),), made_from=("raw/emails",))


def _told(manifests, attempts):
    return rows_of(Story(RUN, PARAMETERS, GRAPH, manifests, attempts))


@pytest.fixture
def tables():
    attempts = [_attempt("generator"), _attempt("bronze", 1, "failed", "No disk."), _attempt("bronze", 2)]
    return _told({"raw": RAW, "bronze": BRONZE}, attempts)


@pytest.mark.parametrize(
    ("layers", "attempts", "state", "reason"),
    [
        ({}, [], "declared", None),
        ({}, [_attempt("generator", 1, "running")], "running", None),
        ({"raw": RAW}, [_attempt("generator")], "running", None),
        ({"raw": RAW}, [_attempt("generator"), _attempt("bronze", 1, "failed", "No disk.")], "failed", "No disk."),
        ({"raw": RAW}, [_attempt("bronze", 1, "failed", "No disk."), _attempt("bronze", 2, "running")], "running", None),
        (dict.fromkeys(("raw", "bronze", "load"), RAW), [_attempt("loader")], "completed", None),
    ],
)  # fmt: skip
def test_state_of_a_run(layers, attempts, state, reason):
    """A run is where its first uncommitted stage is; that stage's last attempt says how it went."""
    (row,) = _told(layers, attempts)["meta.runs"]
    assert (row["state"], row["reason"]) == (state, reason)


def test_defect_5_a_run_killed_between_commit_and_close_has_one_state():
    """Its manifest stands, its attempt never said how it ended: `meta` tells what the command tells."""
    attempts = [_attempt("generator"), _attempt("bronze", 1, "failed", "No disk."), _attempt("bronze", 2, "running")]
    manifests = {"raw": RAW, "bronze": BRONZE}
    state = run_state(GRAPH, manifests, attempts)
    (row,) = _told(manifests, attempts)["meta.runs"]
    assert (str(state), row["state"], row["failed_stage"]) == ("waits for loader", "running", None)
    killed_early = [_attempt("generator", 1, "running"), _attempt("bronze", 1, "failed", "No raw.")]
    (row,) = _told({}, killed_early)["meta.runs"]
    assert str(run_state(GRAPH, {}, killed_early)) == "running or killed at generator"
    assert (row["state"], row["failed_stage"], row["reason"]) == ("running", None, None)


def test_stages_are_those_of_the_run_in_order(tables):
    """Readers list the stages of a run from its own graph."""
    told = [(row["position"], row["stage"], row["layer"]) for row in tables["meta.stages"]]
    assert told == [(0, "generator", "raw"), (1, "bronze", "bronze"), (2, "loader", "load")]
    assert [row["stage"] for row in tables["meta.manifests"]] == ["generator", "bronze"]


def test_an_attempt_that_cannot_be_read_is_told_as_such():
    """Nobody knows when it began; the run did not complete."""
    damaged = Attempt(RUN, "bronze", 1, "unreadable", None, "", error="Not JSON.", error_type="Unreadable")
    told = _told({"raw": RAW}, [_attempt("generator"), damaged])
    (row,) = told["meta.runs"]
    assert (row["state"], row["failed_stage"], row["reason"]) == ("failed", "bronze", "Not JSON.")
    assert row["started_at"] == "2026-04-01T00:00:01.000Z"
    assert told["meta.attempts"][1]["started_at"] is None


def test_rows_of_every_table_name_their_run(tables):
    """Every row carries the run it belongs to, so the history of all runs lies side by side; partitions are shared."""
    assert all(row["run_id"] == RUN for name in tables.keys() - {"meta.partitions"} for row in tables[name])


def test_a_partition_has_one_id_and_is_named_by_its_datasets(tables):
    """The same partition of another run is the same row; one that differs in anything is another."""
    rows = tables["meta.partitions"]
    named = [each for row in tables["meta.datasets"] for each in row["partition_ids"]]
    assert sorted(named) == sorted(row["partition_id"] for row in rows)
    assert len(set(named)) == len(rows) == 8
    again = _told({"raw": replace(RAW, run_id="another"), "bronze": BRONZE}, [])["meta.partitions"]
    assert again == rows


def test_datasets_add_up_their_partitions(tables):
    """A dataset's rows, bytes and rejects are the sums of its partitions."""
    first = tables["meta.datasets"][0]
    assert [first[name] for name in ("rows", "bytes", "rejected", "partitions")] == [5, 50, 1, 2]
    assert json.loads(first["columns"])[0] == {"name": "id", "type": "string", "is_required": True}
    assert len(tables["meta.partitions"]) == 4 * 2


def test_lineage_names_datasets_and_the_digest_read(tables):
    """An edge goes from a dataset to those it was made from; the answer key is read by no stage."""
    edges = [(row["dataset"], row["input_layer"], row["input_dataset"]) for row in tables["meta.lineage"]]
    assert edges == [("emails", "raw", "emails"), ("rejects", "raw", "emails")]
    assert {row["input_manifest_digest"] for row in tables["meta.lineage"]} == {RAW.digest}


def test_lineage_of_the_load_follows_its_manifest():
    """A table of Postgres comes from the one dataset it mirrors; reference tables come from none."""
    inputs = (Source("gold", "g"), Source("silver", "s"))
    edges = []
    for table, made_from in (
        ("core.tickets", ("silver/tickets",)),
        ("gold.kpi_sla", ("gold/kpi_sla",)),
        ("core.calendar", ()),
    ):
        load = _manifest("load", table, inputs=inputs, made_from=made_from)
        edges += _told({"load": load}, [])["meta.lineage"]
    assert [(e["dataset"], e["input_layer"], e["input_dataset"], e["input_manifest_digest"]) for e in edges] == [
        ("core.tickets", "silver", "tickets", "s"),
        ("gold.kpi_sla", "gold", "kpi_sla", "g"),
    ]


def test_checks_of_every_attempt_are_kept(tables):
    """A failed attempt's checks stay beside those of the attempt that made it."""
    found = [(row["stage"], row["attempt"], row["name"], row["observed"]) for row in tables["meta.quality_checks"]]
    assert found == [("generator", 1, "rows", "3"), ("bronze", 1, "rows", "3"), ("bronze", 2, "rows", "3")]


def test_events_have_what_openlineage_requires(tables):
    """Every event has the required fields, a UUID for its run, an instant, and facets that name their schema."""
    for event in events(tables):
        assert {"eventType", "eventTime", "producer", "schemaURL", "run", "job", "inputs", "outputs"} <= set(event)
        uuid.UUID(event["run"]["runId"])
        assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
        assert event["job"] == {"namespace": "pqr", "name": event["job"]["name"]}
        facets = [*event["run"]["facets"].values()]
        for dataset in event["inputs"] + event["outputs"]:
            assert dataset["namespace"]
            assert dataset["name"]
            facets += [*dataset["facets"].values(), *dataset.get("outputFacets", {}).values()]
        assert all(facet["_producer"].startswith("https://") for facet in facets)
        assert all(facet["_schemaURL"].endswith(".json") or "#/$defs/" in facet["_schemaURL"] for facet in facets)
        json.dumps(event)


def test_an_attempt_is_an_openlineage_run(tables):
    """START and its end share a run id; another attempt of the stage has another."""
    told = [(event["job"]["name"], event["eventType"], event["run"]["runId"]) for event in events(tables)]
    assert sorted((name, kind) for name, kind, _ in told) == [
        ("bronze", "COMPLETE"), ("bronze", "FAIL"), ("bronze", "START"), ("bronze", "START"),
        ("generator", "COMPLETE"), ("generator", "START"),
    ]  # fmt: skip
    assert len({run_id for _, _, run_id in told}) == 3
    assert [event["eventTime"] for event in events(tables)] == sorted(event["eventTime"] for event in events(tables))


def test_a_failure_says_why_and_makes_nothing(tables):
    """FAIL carries the error's sentence, and no output becomes a version."""
    (failed,) = [event for event in events(tables) if event["eventType"] == "FAIL"]
    assert failed["run"]["facets"]["errorMessage"]["message"] == "No disk."
    assert failed["outputs"] == []


def test_datasets_carry_their_content_hash(tables):
    """The hash travels as a facet of our own, beside the standard schema, version and statistics."""
    bronze = next(e for e in events(tables) if e["job"]["name"] == "bronze" and e["eventType"] == "COMPLETE")
    emails = next(output for output in bronze["outputs"] if output["name"] == "bronze/emails")
    digest = BRONZE.dataset("emails").content_digest
    assert emails["facets"]["pqr_contentHash"]["digest"] == digest
    assert emails["facets"]["version"]["datasetVersion"] == digest
    assert emails["outputFacets"]["outputStatistics"]["rowCount"] == 5
    assert [item["name"] for item in bronze["inputs"]] == ["raw/emails"]


def test_the_same_records_give_the_same_events(tables):
    """Events can be sent again: nothing in them depends on when they are rendered."""
    assert events(tables) == events(tables)
    assert set(TABLES) <= set(tables)
