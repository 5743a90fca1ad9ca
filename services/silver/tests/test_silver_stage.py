"""The stage as the runner sees it: phases, partitions, checks; and the keys that must never change."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from types import SimpleNamespace

import pyarrow as pa
import pytest

from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Partition
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.stage.values import Output, Task
from pqr_silver.keys import bucket_numbers, pseudonyms, ticket_ids
from pqr_silver.machine import EVENT_TYPES, IN_CONTEXT, KINDS, NEXT_STATE, STATES
from pqr_silver.schema import REQUIRES
from pqr_silver.stage import STAGE, bucket_count, fingerprint, plan_split
from pqrs.parameters import Parameters

THREAD = """
2026-01-05 09:00 | request
2026-01-05 09:02 | acknowledgement
2026-01-06 09:00 | insistence || lost
2026-01-06 10:00 | again
2026-01-20 10:00 | answer
"""
INBOX: list[pa.Table] = []


def plan_inbox(_inputs):
    return [Task(f"part-{number:05d}", arguments={"number": number}) for number in range(len(INBOX))]


def work_inbox(task, _context):
    yield Output("emails", task.key, INBOX[task.arguments["number"]])


BRONZE = Stage("bronze", "bronze", "pqr_common", produces=REQUIRES, phases=(Phase("parse", plan_inbox, work_inbox),))
GRAPH = Graph.of(stage.node for stage in (BRONZE, STAGE))


@pytest.fixture
def run(tmp_path):
    """Runs bronze (the given partitions) and silver on a folder; returns the silver manifest."""

    def _run(*partitions, **parameters):
        INBOX[:] = partitions
        lake = FolderLake(tmp_path / "lake")
        RunRecords(lake, "r1").declare(Parameters.create(window_to=date(2026, 1, 31), **parameters), GRAPH)
        settings = Settings(lake_url=(tmp_path / "lake").as_uri(), home=tmp_path)
        for stage in (BRONZE, STAGE):
            manifest = run_stage(stage, "r1", lake=lake, settings=settings, executor=Inline())
        return manifest

    return _run


def test_the_stage_commits_its_four_datasets_with_passed_checks(inbox, run):
    """Two bronze partitions of three threads: rows balance, and every check is told in the manifest."""
    whole = inbox.bronze(*(inbox.thread(str(number), THREAD) for number in range(3)))
    manifest = run(whole.slice(0, 7), whole.slice(7))
    assert {dataset.name: dataset.rows for dataset in manifest.datasets} == {
        "emails": 12,
        "tickets": 3,
        "ticket_events": 12,
        "rejects": 3,
    }
    assert {check.name: (check.status, check.observed, check.expected) for check in manifest.checks} == {
        "silver_row_balance": ("passed", 15, 15),
        "duplicates_removed": ("passed", 3, 3),
        "tickets_unlike_their_events": ("passed", 0, 0),
        "continuation_emails": ("passed", 0, 0),
    }
    assert manifest.parameters["pseudonym_key"] == fingerprint(Settings())["pseudonym_key"]


@pytest.mark.parametrize(("opens_on", "status"), [(date(2026, 1, 1), "failed"), (date(2025, 12, 1), "passed")])
def test_continuations_are_a_warning_only_where_nothing_came_before(inbox, run, opens_on, status):
    """In a window that begins with the inbox a thread without its request is worth a warning, else it is expected."""
    lines = inbox.thread("1", THREAD)[1:]
    manifest = run(inbox.bronze(lines), opens_on=opens_on, window_from=date(2026, 1, 1))
    check = next(check for check in manifest.checks if check.name == "continuation_emails")
    assert (check.status, check.observed, check.severity) == (status, 3, "warning")


def test_an_empty_window_is_committed(inbox, run):
    """No mail is no error."""
    manifest = run(REQUIRES[0].schema.empty_table())
    assert [dataset.rows for dataset in manifest.datasets] == [0, 0, 0, 0]


def test_buckets_follow_from_the_rows_alone():
    """An even number, so that two workers end together; at least two."""
    assert [bucket_count(rows) for rows in (0, 1, 300_000, 300_001, 1_000_000)] == [2, 2, 2, 4, 8]


def test_small_partitions_share_a_task():
    """Consecutive partitions go together up to the rows a task may hold; a large one has its own."""
    sizes = (60_000, 60_000, 60_000, 500_000, 1)
    parts = tuple(Partition("emails", f"part-{n:05d}", "", rows, 0, "", "") for n, rows in enumerate(sizes))
    emails = SimpleNamespace(rows=sum(sizes), partitions=parts)
    inputs = SimpleNamespace(
        manifests={"bronze": SimpleNamespace(dataset=lambda _name: emails)}, parameters=Parameters.create()
    )
    tasks = plan_split(inputs)
    assert [[part.rows for part in task.inputs] for task in tasks] == [[60_000, 60_000], [60_000], [500_000], [1]]
    assert [task.key for task in tasks] == ["part-00000", "part-00002", "part-00003", "part-00004"]


def test_buckets_never_change():
    """The bucket of a key is part of the data's layout: these numbers are fixed for ever."""
    keys = pa.chunked_array([["<1.0@x.example>", "<2.0@x.example>", "ñ", "", None]])
    assert bucket_numbers(keys, 1000).tolist() == [548, 764, 930, 138, 0]


def test_a_ticket_id_is_the_head_of_an_md5():
    """Anybody can compute a ticket's id from the Message-ID of its request."""
    roots = ["<1.0@x.example>", "<ñ@x.example>"]
    expected = [hashlib.md5(root.encode()).hexdigest()[:20] for root in roots]
    assert ticket_ids(pa.array(roots)).to_pylist() == expected


def test_a_pseudonym_is_a_keyed_hash():
    """HMAC-SHA-256: without the key nobody can tell who it is; nobody stays nobody."""
    expected = hmac.new(b"key", b"ana@correo.example", "sha256").hexdigest()[:24]
    found = pseudonyms(pa.chunked_array([["ana@correo.example", None]]), "key")
    assert found.to_pylist() == [expected, None]
    assert pseudonyms(pa.chunked_array([["ana@correo.example"]]), "other").to_pylist() != [expected]


def test_the_tables_of_the_machine_say_what_is_written_in_them():
    """A cell that names a state leads there; a dot leaves things as they are."""
    state, kind = STATES.index, KINDS.index
    assert len(EVENT_TYPES) == len(KINDS) == 11
    assert NEXT_STATE[kind("answer"), state("waiting")] == state("answered")
    assert NEXT_STATE[kind("answer"), state("transferred")] == state("transferred")
    assert NEXT_STATE[kind("insistence")].tolist() == list(range(len(STATES)))
    assert IN_CONTEXT[kind("insistence"), state("answered")] == kind("reopening")
    assert IN_CONTEXT[kind("answer")].tolist() == [kind("answer")] * len(STATES)
