"""What `pqr trace` says on a screen, line by line. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pqr_common.canonical import sha256_hex
from pqr_pipeline.audit.trace import Mail, Trace
from pqr_pipeline.telling.figures import several
from pqrs.calendar import local_day
from pqrs.walk import Day

__all__ = ["after_lines", "after_raw", "told"]

NOT_A_DAY = ("weekend", "holiday", "suspended")


def told(trace: Trace) -> Iterator[str]:
    """Steps 1 to 3 of each line, then the ticket with its clock, the figures, and Postgres."""
    yield f"{trace.asked}, run {trace.run_id}: {several(len(trace.mails), 'line')}"
    for number, mail in enumerate(trace.mails, 1):
        yield ""
        yield from _mail(mail, f"{number} of {len(trace.mails)}")
    yield ""
    yield from after_lines(trace)


def after_lines(trace: Trace) -> Iterator[str]:
    """Step 4, the ticket with its clock, and step 5, the figures and the rows of Postgres."""
    if trace.ticket is None:
        yield "4 Ticket   none: no request of this thread was read"
        return
    yield from _ticket(trace.ticket, trace)
    yield ""
    yield from _clock(trace)
    yield ""
    yield from _cells(trace)
    yield ""
    yield from _rows(trace)


def _mail(mail: Mail, place: str) -> Iterator[str]:
    line = mail.line
    yield f"Line {place}: {mail.fate}"
    yield f"1 Raw      line {line.line} of {line.object}, from byte {line.offset:,} on, {len(line.data):,} bytes"
    yield f"           SHA-256 of the object {line.sha256}"
    yield f"           SHA-256 of the line   {sha256_hex(line.data)}"
    yield line.text
    yield from after_raw(mail)


def after_raw(mail: Mail) -> Iterator[str]:
    """Steps 2 and 3 of a line: what bronze and silver made of it."""
    line = mail.line
    if line.reject:
        yield f"2 Bronze   rejected by the rule {line.reject['rule']}: {line.reject['reason']}"
        yield "3 Silver   never saw it"
        return
    yield f"2 Bronze   a row of bronze/emails; typing changed {len(line.changes)} fields"
    for field, raw, column, typed in line.changes:
        yield f"           {field}: {_short(raw)}"
        yield f"             -> {column}: {_short(typed)}"
    if mail.duplicate:
        yield f"3 Silver   a duplicate, {mail.duplicate['reason']}; it counts nowhere"
    elif mail.email:
        yield from _silver(mail.email, mail.event)


def _silver(email: Mapping[str, Any], event: Mapping[str, Any] | None) -> Iterator[str]:
    how = {
        "root": "it began its thread",
        "references": "its References lead to the thread",
        "radicado": "it had lost its References; the radicado in its subject leads to the thread",
        "in_reply_to": "only what it answers leads to a thread",
        "none": "it belongs to no thread",
    }[email["thread_rule"]]
    yield f"3 Silver   {email['kind']}; {how}"
    yield f"           thread {email['root_message_id'] or 'unknown'}"
    if email["is_continuation"]:
        yield "           a continuation: the request of its thread was not read, or took mail no more"
    if event:
        moved = f"{event['from_status'] or 'nothing'} -> {event['to_status']}"
        effect = "" if event["is_effective"] else ", without effect on the clock"
        yield f"           step {event['seq']} of the ticket: {event['event_type']}, {moved}{effect}"
    elif email["ticket_id"]:
        yield "           no step of the ticket"


def _ticket(ticket: Mapping[str, Any], trace: Trace) -> Iterator[str]:
    yield f"4 Ticket   {ticket['ticket_id']}, radicado {ticket['radicado'] or 'none yet'}, {ticket['status']}"
    yield f"           {ticket['pqrs_type']}, {ticket['topic']}, {ticket['municipality']} ({ticket['department']})"
    yield f"           {len(trace.thread)} e-mails, {len(trace.events)} steps"
    for event in trace.events:
        step = f"{event['event_type']} by {event['actor']}"
        yield f"           {_day(event['occurred_at'])}  {step}  {event['message_id']}"


def _clock(trace: Trace) -> Iterator[str]:
    ticket = trace.ticket or {}
    term = ticket["term_days"]
    if term is None:
        said = f"a term of {ticket['term_hours']} hours, to {ticket['due_at']}" if ticket["term_hours"] else "no term"
        yield f"  Clock    {said}"
    else:
        yield f"  Clock    {term} business days from {ticket['received_on']}, by law to {ticket['due_on']}"
        if ticket["is_extended"]:
            yield f"           extended by {ticket['extension_days']} business days"
        if ticket["is_suspended"]:
            yield f"           stood still after {ticket['suspended_from']}, up to {ticket['suspended_to']}"
        yield f"           so to {ticket['effective_due_on']}"
    steps = defaultdict(list)
    for event in trace.events:
        steps[_day(event["occurred_at"])].append(event["event_type"])
    whole = None if term is None else term + ticket["extension_days"]
    for day in trace.clock:
        yield f"  {_date(day, whole)}{_marks(day.day, ticket, steps[day.day])}".rstrip()


def _date(day: Day, whole: int | None) -> str:
    kind = f"{day.kind}, {day.name}" if day.name else day.kind
    counted = "" if day.kind in NOT_A_DAY or whole is None else f"{day.counted} of {whole}"
    return f"{day.day:%a %Y-%m-%d}  {counted:<9} {kind:<12}"


def _marks(day: date, ticket: Mapping[str, Any], steps: list[str]) -> str:
    marks = [*steps]
    if day == ticket["due_on"]:
        marks.append("term by law ends")
    if day == ticket["effective_due_on"]:
        marks.append("TERM ENDS")
    return f"  {', '.join(marks)}" if marks else ""


def _cells(trace: Trace) -> Iterator[str]:
    """Columns that count it in the same rows on one line; many rows are folded to the first and the last."""
    yield "5 Figures  that count it"
    alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for cell in trace.cells:
        alike[cell["mart"], _folded(cell["rows"])].append(cell["column"])
    for (mart, rows), columns in alike.items():
        yield f"  {mart}  {rows}"
        yield f"      {', '.join(columns)}"


def _folded(rows: list[dict[str, Any]]) -> str:
    rows = sorted(rows, key=lambda row: [(value is None, value) for value in row.values()])
    first, last = (" ".join(f"{name}={value}" for name, value in row.items()) for row in (rows[0], rows[-1]))
    return first if len(rows) == 1 else f"{len(rows)} rows, {first} to {last}"


def _rows(trace: Trace) -> Iterator[str]:
    if trace.unread:
        yield "  Postgres could not be read: what its tables hold is not known"
        return
    if trace.rows is None:
        yield f"  Postgres does not show run {trace.run_id}: see `pqr publish {trace.run_id}`"
        return
    for table, rows in trace.rows.items():
        yield f"  Postgres {table}: {several(len(rows), 'row')}"
        for row in rows:
            yield "      " + ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)


def _day(instant: Any) -> date:
    """The day in Bogotá of an instant."""
    return date.fromisoformat(str(local_day(instant.replace(tzinfo=None))))


def _short(text: str) -> str:
    """One line of it."""
    return text if len(text) <= 200 and "\n" not in text else f"{text[:160]!r}… ({len(text):,} characters)"  # noqa: PLR2004
