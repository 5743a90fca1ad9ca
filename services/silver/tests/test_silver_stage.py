"""The stage as the runner sees it: phases, partitions, checks; and the keys that must never change."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
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
from pqr_silver.plans import bucket_count, plan_split
from pqr_silver.schema import REQUIRES
from pqr_silver.stage import STAGE, fingerprint
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario
from pqrs.terms import THREAD_DAYS

THREAD = """
2026-01-05 09:00 | request
2026-01-05 09:02 | acknowledgement
2026-01-06 09:00 | insistence || lost
2026-01-06 10:00 | again
2026-01-20 10:00 | answer
"""
TAIL = "2026-01-30 08:00 | reopening"
INBOX: list[pa.Table] = []


def plan_inbox(_inputs):
    return [
        Task(f"{day_of(part)}/part-{number:05d}", arguments={"number": number}) for number, part in enumerate(INBOX)
    ]


def work_inbox(task, _context):
    yield Output("emails", task.key, INBOX[task.arguments["number"]])


def day_of(part: pa.Table) -> date:
    return min(part["raw_day"].to_pylist(), default=date(2026, 1, 1))


BRONZE = Stage("bronze", "bronze", "pqr_common", produces=REQUIRES, phases=(Phase("parse", plan_inbox, work_inbox),))
GRAPH = Graph.of(stage.node for stage in (BRONZE, STAGE))


@pytest.fixture
def run(tmp_path):
    """Runs bronze (the given partitions) and silver on a folder; returns the silver manifest."""

    def _run(*partitions, name="r1", before=None, lake="lake", window_to=date(2026, 1, 31), **parameters):
        INBOX[:] = partitions
        place = FolderLake(tmp_path / lake)
        asked = Parameters.create(window_to=window_to, **parameters)
        RunRecords(place, name).declare(asked, GRAPH, continues=before)
        settings = Settings(lake_url=(tmp_path / lake).as_uri(), home=tmp_path)
        for stage in (BRONZE, STAGE):
            manifest = run_stage(stage, name, lake=place, settings=settings, executor=Inline())
        return manifest

    return _run


def test_the_stage_commits_its_datasets_with_passed_checks(inbox, run):
    """Two bronze partitions of three threads: rows balance, and every check is told in the manifest."""
    whole = inbox.bronze(*(inbox.thread(str(number), THREAD) for number in range(3)))
    manifest = run(whole.slice(0, 7), whole.slice(7))
    assert {dataset.name: dataset.rows for dataset in manifest.datasets} == {
        "emails": 12,
        "tickets": 3,
        "ticket_events": 12,
        "rejects": 3,
        "clashes": 0,
        "seen": 12,
        "radicados": 6,
    }
    assert {check.name: (check.status, check.observed, check.expected) for check in manifest.checks} == {
        "silver_row_balance": ("passed", 15, 15),
        "duplicates_removed": ("passed", 3, 3),
        "tickets_unlike_their_events": ("passed", 0, 0),
        "message_ids_used_again": ("passed", 0, 0),
        "radicados_of_several_threads": ("passed", 0, 0),
        "continuation_emails": ("passed", 0, 0),
    }
    assert manifest.parameters["pseudonym_key"] == fingerprint(Settings())["pseudonym_key"]


@pytest.mark.parametrize(("window_from", "observed"), [(date(2026, 1, 1), 3), (date(2026, 2, 1), 0)])
def test_a_thread_without_its_request_is_a_warning_in_the_window(inbox, run, window_from, observed):
    """Its e-mails in the window are; those of the days read before it may be of threads that are over when it begins."""
    lines = inbox.thread("1", THREAD)[1:]
    manifest = run(inbox.bronze(lines), window_from=window_from, window_to=date(2026, 2, 28))
    check = next(check for check in manifest.checks if check.name == "continuation_emails")
    status = "failed" if observed else "passed"
    assert (check.status, check.observed, check.expected, check.severity) == (status, observed, 0, "warning")


def test_the_scenario_says_when_the_day_closes(inbox, run, tmp_path):
    """A request of 18:00 is received on its day, or on the next where the entity closes before."""
    lines = inbox.bronze(inbox.thread("1", "2026-01-05 18:00 | request"))
    by_law = load_scenario()
    for name, scenario in (("law", by_law), ("early", replace(by_law, closing_time=17 * 60))):
        manifest = run(lines, name=name, scenario=scenario)
        (part,) = manifest.dataset("tickets").partitions
        (day,) = pq.read_table(tmp_path / "lake" / part.path)["received_on"].to_pylist()
        assert day == date(2026, 1, 5 if name == "law" else 6)


LONG = """
2026-01-05 09:00 | request
2026-01-05 09:02 | acknowledgement
2026-01-16 09:00 | completion_request
2026-01-19 09:00 | completion || lost
2026-02-03 09:00 | answer
2026-02-20 09:00 | reopening
2026-05-20 09:00 | again
2026-05-21 09:00 | answer
2026-06-30 09:00 | insistence || lost
2026-12-01 09:00 | again
"""
LATER = """
2026-05-22 09:00 | request | Queja - Ruido
2026-05-25 10:00 | acknowledgement | CONSULTA
2026-07-08 09:00 | insistence || reply
2026-10-30 09:00 | progress
"""


@pytest.fixture
def year(inbox):
    """Threads of a year, more of them than a bucket may hold; some requests come again when all is over."""
    lines = [line for n in range(20) for line in inbox.thread(str(n), LONG if n % 2 else LATER)]
    again = [dict(line) for line in lines if str(line["message_id"])[1:4] in ("3.0", "5.0", "6.0")]
    by_id = {line["message_id"].partition("@")[0]: line for line in lines}
    by_id["<7.4"]["references"] = "<strange@helpdesk.example>"
    by_id["<9.5"]["message_id"] = by_id["<9.4"]["message_id"]
    by_id["<8.1"]["subject"] = by_id["<6.1"]["subject"]
    for line in again:
        line["received_at"] += timedelta(days=THREAD_DAYS + 20)
    return inbox.bronze(lines + again)


@pytest.mark.parametrize(
    "ends", [["2026-01-18"], ["2026-02-03", "2026-05-21", "2026-05-22"], ["2026-01-05", "2026-06-01", "2026-11-30"]]
)
def test_a_run_that_continues_another_ends_in_the_same_digests(run, year, monkeypatch, ends):
    """However the days are cut, and whatever the number of buckets then is."""
    monkeypatch.setattr("pqr_silver.plans.WHOLE_ROWS", 10)
    monkeypatch.setattr("pqr_silver.plans.BUCKET_ROWS", 25)
    last = date(2026, 12, 31)
    whole = run(*days_of(year, last), window_to=last, lake="other")
    before = None
    for end in [*(date.fromisoformat(end) for end in ends), last]:
        manifest = run(*days_of(year, end), name=f"to-{end}", before=before, window_to=end)
        assert (manifest.continues is None) == (before is None)
        assert not [check for check in manifest.checks if check.severity == "error" and check.status != "passed"]
        before = f"to-{end}"
    for one, other in zip(manifest.datasets, whole.datasets, strict=True):
        assert (one.name, one.rows, one.content_digest) == (other.name, other.rows, other.content_digest)
    assert [check.observed for check in manifest.checks] == [check.observed for check in whole.checks]
    odd = {check.name: check.observed for check in whole.checks if check.severity == "warning"}
    assert (odd["message_ids_used_again"], odd["radicados_of_several_threads"]) == (1, 2)


def days_of(table: pa.Table, last: date) -> list[pa.Table]:
    days = sorted(day for day in set(table["raw_day"].to_pylist()) if day <= last)
    return [table.filter(pc.equal(table["raw_day"], day)) for day in days]


def test_only_tickets_that_were_touched_are_taken_back(run, inbox):
    """A day of mail to one ticket takes back one row and adds one; nothing else of the run before is made again."""
    lines = inbox.bronze(*(inbox.thread(str(n), THREAD) for n in range(3)), inbox.thread("x", THREAD + TAIL))
    first = run(*days_of(lines, date(2026, 1, 29)), window_to=date(2026, 1, 29))
    manifest = run(*days_of(lines, date(2026, 1, 30)), name="r2", before="r1", window_to=date(2026, 1, 30))
    new = [part for part in manifest.partitions if part.identity not in {old.identity for old in first.partitions}]
    assert {part.identity for part in first.partitions} < {part.identity for part in manifest.partitions}
    assert sorted((part.dataset, part.sign, part.rows) for part in new if part.rows) == [
        ("emails", 1, 1),
        ("seen", 1, 1),
        ("ticket_events", 1, 1),
        ("tickets", -1, 1),
        ("tickets", 1, 1),
    ]


def test_a_message_of_another_thread_is_no_duplicate(run, inbox):
    """Nothing keeps two threads from using the same Message-ID; both messages are kept."""
    one, other = inbox.thread("1", THREAD), inbox.thread("2", THREAD)
    other[-1]["message_id"] = one[-1]["message_id"]
    manifest = run(inbox.bronze(one, other))
    assert {dataset.name: dataset.rows for dataset in manifest.datasets}["rejects"] == 2


def test_an_empty_window_is_committed(inbox, run):
    """No mail is no error."""
    manifest = run(REQUIRES[0].schema.empty_table())
    assert [dataset.rows for dataset in manifest.datasets] == [0] * 7


def test_buckets_follow_from_the_rows_alone():
    """A power of two: few rows are one task, and more are at least two, for two workers."""
    counts = [bucket_count(rows) for rows in (0, 20_000, 20_001, 300_000, 300_001, 1_000_000, 1_200_001)]
    assert counts == [1, 1, 2, 2, 4, 8, 16]


def test_small_partitions_share_a_task():
    """Consecutive partitions go together up to the rows a task may hold; a large one has its own."""
    sizes = (60_000, 60_000, 60_000, 500_000, 1)
    parts = tuple(Partition("emails", f"part-{n:05d}", "", rows, 0, "", "") for n, rows in enumerate(sizes))
    inputs = SimpleNamespace(added=lambda *_names: parts, parameters=Parameters.create())
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
    assert len(EVENT_TYPES) == len(KINDS) == 15
    assert NEXT_STATE[kind("answer"), state("waiting")] == state("answered")
    assert NEXT_STATE[kind("answer"), state("transferred")] == state("transferred")
    assert NEXT_STATE[kind("insistence")].tolist() == list(range(len(STATES)))
    assert IN_CONTEXT[kind("insistence"), state("answered")] == kind("reopening")
    assert IN_CONTEXT[kind("answer")].tolist() == [kind("answer")] * len(STATES)
