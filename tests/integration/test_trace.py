"""The life of an e-mail, whatever became of it: the bytes that are shown are those that arrived."""

from __future__ import annotations

import base64
import json
import re
from datetime import date, timedelta

import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.discovery import installed_graph, warehouse
from pqr_pipeline.audit.example import complaint
from pqr_pipeline.audit.explain import Page, explained
from pqr_pipeline.audit.scan import whole
from pqr_pipeline.audit.trace import traced
from pqrs.lines import by_object, raw_bytes
from pqrs.parameters import Parameters
from pqrs.walk import walked

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def rows(platform, finished):
    """All rows of a dataset of the run `january`."""

    def of(layer: str, name: str) -> list[dict]:
        return whole(platform.lake, finished[layer].dataset(name)).to_pylist()

    return of


@pytest.fixture(scope="module")
def trace(platform, finished):
    """Trace in the run `january`, and hold every line to its object."""

    def of(asked: str):
        found = traced(platform.lake, "january", asked)
        for mail in found.mails:
            whole_object = platform.lake.get(mail.line.object)
            assert mail.line.data == whole_object.splitlines(keepends=True)[mail.line.line]
            assert base64.b64decode(mail.to_json()["raw_base64"]) == mail.line.data
            assert whole_object[mail.line.offset :].startswith(mail.line.data)
        return found

    return of


def test_every_line_is_cut_from_its_object_to_the_byte(platform, finished, monkeypatch):
    """By its offset, also where a line is longer than what is read at a time, and the last one of an object."""
    monkeypatch.setattr("pqrs.lines.CHUNK", 500)
    part = finished["raw"].dataset("emails").partitions[3]
    data, offset = platform.lake.get(part.path), 0
    for line in data.splitlines(keepends=True):
        assert raw_bytes(platform.lake, part, offset) == line
        offset += len(line)


@pytest.mark.parametrize("column", ["radicado", "ticket_id"])
def test_a_ticket_is_traced_by_its_radicado_and_by_its_id(rows, trace, column):
    """All its messages in the order of arrival, each a row of bronze and, but for automatic ones, a step."""
    ticket = max(rows("silver", "tickets"), key=lambda row: (row["is_suspended"], row["count_emails"]))
    found = trace(ticket[column])
    assert found.ticket == ticket
    mine = [mail for mail in rows("silver", "emails") if mail["ticket_id"] == ticket["ticket_id"]]
    messages = [mail for mail in found.mails if mail.fate == "message"]
    assert [mail.email["message_id"] for mail in messages] == [mail["message_id"] for mail in found.thread]
    assert len(messages) == len(mine) == ticket["count_emails"]
    assert [event["seq"] for event in found.events] == list(range(1, ticket["count_events"] + 1))
    assert {mail.event["seq"] for mail in messages if mail.event} == {event["seq"] for event in found.events}


def test_typing_is_told_field_by_field(rows, trace):
    """What a line says, and what bronze made of it; HTML becomes the text that a person reads."""
    request = next(mail for mail in rows("silver", "emails") if mail["kind"] == "request")
    (mail, *_) = trace(request["message_id"]).mails
    raw = json.loads(mail.line.data)
    changed = {field: (written, column, typed) for field, written, column, typed in mail.line.changes}
    assert changed["date"][:2] == (raw["date"], "sent_at")
    assert changed["from"][2] == f"{raw['from']['name']}, {raw['from']['address']}"
    assert "subject" not in changed


def test_a_duplicate_is_traced_beside_the_message_it_repeats(rows, trace):
    """Both lines, and where the first delivery lies."""
    repeated = rows("silver", "rejects")[0]
    found = trace(repeated["message_id"])
    fates = [mail.fate for mail in found.mails]
    assert "duplicate" in fates
    again = next(mail for mail in found.mails if mail.fate == "duplicate")
    assert again.duplicate["reason"].startswith("first received at")
    assert again.event is None


def test_a_rejected_line_is_traced_by_its_place(rows, trace):
    """With the rule that it broke, whatever it was; no later layer knows of it."""
    rejects = rows("bronze", "rejects")
    assert rejects
    for reject in rejects[:6]:
        found = trace(f"{reject['object']}:{reject['raw_line']}")
        (mail,) = found.mails
        assert mail.fate == "rejected"
        assert (mail.line.reject["rule"], mail.line.email) == (reject["rule"], None)
        assert found.ticket is None


def test_a_rejected_line_is_traced_by_its_message_id(rows, trace):
    """When its text still tells it."""
    told = ((row, re.search(r'"message_id":"(<[^"]+>)"', row["raw_text"])) for row in rows("bronze", "rejects"))
    reject, message_id = next((row, name[1]) for row, name in told if name)
    fates = {(mail.line.line, mail.fate) for mail in trace(message_id).mails}
    assert (reject["raw_line"], "rejected") in fates


def test_an_orphan_says_how_it_found_its_thread(rows, trace):
    """A reply that had lost its References, by the radicado in its subject."""
    orphan = next(row for row in rows("silver", "emails") if row["thread_rule"] == "radicado" and row["ticket_id"])
    found = trace(orphan["message_id"])
    assert [mail.email["thread_rule"] for mail in found.mails if mail.email] == ["radicado"]
    assert found.ticket["ticket_id"] == orphan["ticket_id"]
    assert len(found.thread) > 1


def test_a_continuation_has_no_ticket(rows, trace):
    """Its request could not be read, or is not in the data."""
    lost = next(row for row in rows("silver", "emails") if row["is_continuation"])
    found = trace(lost["message_id"])
    assert {mail.fate for mail in found.mails} == {"continuation"}
    assert (found.ticket, found.clock, found.cells) == (None, (), ())
    if lost["radicado"]:
        assert lost["message_id"] in {mail.email["message_id"] for mail in trace(lost["radicado"]).mails if mail.email}


def test_the_clock_ends_where_the_term_does(rows):
    """On a walk over the calendar the last business day of every term is the day that silver worked out."""
    tickets = [row for row in rows("silver", "tickets") if row["term_days"] is not None]
    assert {row["is_suspended"] for row in tickets} == {row["is_extended"] for row in tickets} == {False, True}
    for ticket in tickets:
        days = walked(ticket, ticket["effective_due_on"])
        whole_term = ticket["term_days"] + ticket["extension_days"]
        assert (days[-1].kind, days[-1].counted) == ("business", whole_term)
        assert [day.day for day in days] == [ticket["received_on"] + timedelta(days=n) for n in range(len(days))]


def test_the_clock_names_holidays(rows, trace):
    """And tells weekends and days on which it stood still from those that count."""
    ticket = next(row for row in rows("silver", "tickets") if row["is_suspended"] and row["received_on"].day <= 9)
    days = {day.day.isoformat(): day for day in walked(ticket, ticket["effective_due_on"])}
    assert "Reyes" in days["2026-01-12"].name
    assert {day.kind for day in days.values()} == {"received", "business", "weekend", "holiday", "suspended"}
    shown = trace(ticket["ticket_id"]).clock
    assert shown[0].kind == "received"


def test_the_cells_that_count_a_ticket_list_it(rows, trace, platform):
    """What is told from the ticket is what is told from the figure."""
    ticket = max(rows("silver", "tickets"), key=lambda row: row["count_emails"])
    cells = trace(ticket["ticket_id"]).cells
    assert {"kpi_executive", "kpi_daily", "kpi_territory"} <= {cell["mart"] for cell in cells}
    for cell in cells[:: len(cells) // 6 + 1]:
        where = [f"{name}={value}" for name, value in cell["rows"][0].items()]
        found = explained(
            platform.lake, "january", f"{cell['mart']}.{cell['column']}", where=where, page=Page(1, 10_000)
        )
        assert ticket["ticket_id"] in {each["ticket_id"] for each in found.tickets}
        assert found.is_equal


def test_the_rows_of_postgres_are_read(rows, platform, published):
    """Those of the ticket, as the loader put them there; a table that is not there has none."""
    ticket = rows("silver", "tickets")[0]
    (row,) = warehouse().rows(platform.dsn, "core.tickets", ticket_id=ticket["ticket_id"])
    assert row["radicado"] == ticket["radicado"]
    assert warehouse().rows(platform.dsn, "core.nothing", ticket_id="x") == []


@pytest.mark.parametrize(
    "asked", ["20990000000002", "<nobody@nowhere.example>", "0" * 20, "day=2026-01-02/part-00000.jsonl:999999"]
)
def test_what_is_not_there_is_said_in_one_sentence(platform, finished, asked):
    """With what may be asked for."""
    with pytest.raises(InvalidSettings, match=rf"radicado.*{re.escape(asked)}.*january"):
        traced(platform.lake, "january", asked)


def _is_late(ticket: dict, last_day: date) -> bool:
    return (ticket["closed_on"] or last_day) > ticket["effective_due_on"]


def test_a_complaint_to_begin_with_is_one_that_breached_its_term(platform, rows, trace):
    """The first of them in the window that has a radicado."""
    complaints = [t for t in rows("silver", "tickets") if t["pqrs_type"] == "QUEJA" and t["radicado"]]
    late = [t for t in complaints if _is_late(t, date(2026, 1, 31))]
    first = min(late or complaints, key=lambda t: (t["opened_at"], t["ticket_id"]))
    found = complaint(platform.lake, "january")
    assert found == {name: first[name] for name in found if name != "is_late"} | {"is_late": bool(late)}


def test_a_complaint_is_told_as_it_stands_in_the_run_that_is_asked(platform, tmp_path):
    """Not as it stood in the run that this one continues, of which the lake has the rows as well."""
    own, first = platform.in_lake(tmp_path.as_uri()), date(2026, 1, 5)
    for run_id, days in (("one", 9), ("more", 69)):
        asked = Parameters.create(
            opens_on=first, window_from=first, window_to=first + timedelta(days), tickets_per_business_day=40
        )
        own.run(run_id, asked, *installed_graph().stages[:-1])
        found = complaint(own.lake, run_id)
        row = traced(own.lake, run_id, found["radicado"]).ticket
        assert found == {name: row[name] for name in found if name != "is_late"} | {
            "is_late": _is_late(row, asked.window_to)
        }
    assert found["is_late"]
    silver = RunRecords(own.lake, "more").upstream("silver").dataset("tickets")
    assert {part.sign for part in silver.partitions} == {1, -1}


def test_objects_are_found_by_day_and_part(finished):
    """As raw and bronze key them."""
    raw, bronze = (by_object(finished[layer].dataset("emails")) for layer in ("raw", "bronze"))
    assert raw.keys() == bronze.keys()
