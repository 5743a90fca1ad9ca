"""The golden inbox, table by table. Read golden.py first, then inbox.toml beside the tables in expected/."""

from __future__ import annotations

import csv
import html
import re
import tomllib
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from pqr_common.stage.discovery import installed_stages
from pqr_common.tables.contract import violations
from pqr_gold.transform import partials, reconciliation, total
from pqr_silver.machine import EVENT_TYPES, KINDS, STATUSES
from pqrs.catalogue import PQRS_TYPES

HERE = Path(__file__).parent
EXPECTED = {path.stem: path for path in sorted((HERE / "expected").glob("*.csv"))}
INBOX = tomllib.loads((HERE / "inbox.toml").read_text(encoding="utf-8"))
OPENS_ON, ENDS_ON = INBOX["opens_on"], INBOX["ends_on"]
TICKETS = [thread for thread in INBOX["thread"] if "ticket" in thread]


@pytest.fixture(scope="module")
def tables(golden) -> dict[str, str]:
    return golden.tables()


@pytest.fixture(scope="module")
def made(golden) -> dict[str, dict[str, pa.Table]]:
    return golden.pipeline()


@pytest.fixture(scope="module")
def tickets(tables) -> dict[str, dict[str, str]]:
    """The CSV of tickets by thread; tickets lie in columns there."""
    lines = list(csv.reader(tables["silver_tickets"].splitlines()))
    facts = [line[0] for line in lines]
    return {name: dict(zip(facts, values, strict=True)) for name, *values in zip(lines[0], *lines, strict=True)}


def test_every_table_is_written_down(tables):
    """A dataset more or less needs a table more or less: `python tests/golden/golden.py --rewrite`."""
    assert sorted(tables) == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_table_is_as_written_down(name, tables):
    """Every row and column. Meant to change? `python tests/golden/golden.py --rewrite`, and read the difference."""
    assert tables[name].splitlines() == EXPECTED[name].read_text(encoding="utf-8").splitlines()


def as_of(day: date, ticket: dict[str, str]) -> dict[str, str]:
    """The ticket with what that day makes of it; days and instants as text compare like themselves."""
    due, closed, has_term = ticket["effective_due_on"], ticket["closed_on"], ticket["has_term"] == "true"
    is_due = has_term and due <= day.isoformat()
    is_late = has_term and bool(closed) and ticket["closed_at"] >= ticket["due_at"]
    flags = {"is_due": is_due, "is_breached": is_late or (is_due and not closed), "is_overdue": is_due and not closed}
    return ticket | {name: as_written(value) for name, value in flags.items()}


def as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("thread", TICKETS, ids=lambda thread: thread["name"])
def test_ticket_is_what_its_story_says(thread, tickets):
    """The dates, days and flags worked out by hand in inbox.toml; what a story leaves out is not so."""
    ticket = as_of(INBOX["ends_on"], tickets[thread["name"]])
    told = {name: as_written(value) for name, value in thread["ticket"].items()}
    assert {name: ticket[name] for name in told} == told
    assert ticket.pop("is_type_assigned") == as_written(ticket["acknowledged_at"] != "")
    flags = {name for name, value in ticket.items() if name.startswith("is_") and value == "true"}
    assert flags == {name for name, value in thread["ticket"].items() if name.startswith("is_") and value is True}
    assert ticket["closed_on"] == told.get("closed_on", "")


@pytest.mark.parametrize("thread", TICKETS, ids=lambda thread: thread["name"])
def test_events_are_the_steps_of_the_story(thread, tables):
    """One event a step, in order; automatic replies and second deliveries are none."""
    events = list(csv.DictReader(tables["silver_ticket_events"].splitlines()))
    mine = [row["event_type"] for row in events if row["ticket_id"] == thread["name"]]
    assert mine == thread["events"].split()


def test_headline_is_what_a_person_counts(made):
    """The figures of the run, counted by hand in inbox.toml."""
    (row,) = made["gold"]["kpi_executive"].to_pylist()
    figures = INBOX["headline"]["figures"]
    assert {name: str(row[name]) for name in figures} == {name: str(value) for name, value in figures.items()}


def test_marts_agree_with_each_other(made):
    """Each figure that two marts tell is one figure."""
    tickets = made["silver"]["tickets"]
    flow = total("flow", [partials(tickets, ["flow"], window_from=OPENS_ON)["flow"]], ENDS_ON)
    checks = reconciliation(made["gold"], tickets.num_rows, flow)
    assert {check.name: check.status for check in checks} == {check.name: "passed" for check in checks}


def test_every_promise_is_kept(made):
    """Contracts of all datasets: required columns, keys, rules."""
    contracts = {(s.writes, c.dataset): c for s in installed_stages().values() for c in s.produces}
    for layer, named in made.items():
        for name, table in named.items():
            assert violations(table, contracts[layer, name]) == [], f"{layer}/{name}"


def _shown(mail):
    """The text of a mail, as a person reads it."""
    if mail.get("content_type") != "text/html":
        return mail["body"]
    return html.unescape(re.sub("<[^>]+>", "", mail["body"].replace("</p><p class=MsoNormal>", "\n")))


def test_every_line_is_accounted_for(golden, made):
    """Lines in = e-mails + rejects; of those e-mails, messages + duplicates; each with its text where it lies."""
    lines = {(day, place): item for day, items in golden.raw().items() for place, item in enumerate(items)}
    emails, rejects = (made["bronze"][name].to_pylist() for name in ("emails", "rejects"))
    assert {(row["raw_day"], row["raw_line"]) for row in (*emails, *rejects)} == set(lines)
    assert len(emails) + len(rejects) == len(lines)
    assert len(emails) == made["silver"]["emails"].num_rows + made["silver"]["rejects"].num_rows
    for row in emails:
        item = lines[row["raw_day"], row["raw_line"]]
        day = b"".join(other.line for other in golden.raw()[row["raw_day"]])
        assert day[row["raw_offset"] :].startswith(item.line)
        assert row["body"] == _shown(item.mail)
    for row in rejects:
        line = lines[row["raw_day"], row["raw_line"]].line
        assert row["raw_text"] == line.decode(errors="backslashreplace").removesuffix("\n")


@pytest.mark.parametrize("buckets", [1, 3])
def test_how_threads_are_dealt_changes_nothing(golden, tables, buckets, monkeypatch):
    """One bucket or more: the same tables."""
    monkeypatch.setattr(golden, "BUCKETS", buckets)
    assert golden.tables() == tables


def test_the_inbox_leaves_nothing_out(made):
    """Every type, kind of e-mail, step, status and kind of dirt there is occurs in it: what is new must be told here."""
    emails, events, tickets = (made["silver"][name] for name in ("emails", "ticket_events", "tickets"))
    assert set(tickets["pqrs_type"].to_pylist()) == set(PQRS_TYPES)
    assert set(emails["kind"].to_pylist()) == {*KINDS, "out_of_office", "bounce"}
    assert set(emails["thread_rule"].to_pylist()) == {"root", "references", "radicado"}
    assert set(events["event_type"].to_pylist()) == set(EVENT_TYPES)
    assert set(events["to_status"].to_pylist()) == set(STATUSES) - {"new"}
    assert {"is_late", "is_continuation", "has_extra_fields", "is_automatic"} <= {
        name for name in emails.column_names if name.startswith(("is_", "has_")) and any(emails[name].to_pylist())
    }
    assert set(made["bronze"]["rejects"]["rule"].to_pylist()) == {
        "not_json", "missing_field", "wrong_type", "broken_encoding",
    }  # fmt: skip
