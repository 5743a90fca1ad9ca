"""The life of an e-mail in a run: raw line, bronze, silver, the ticket with its legal clock, the figures it is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.audit.find import Found, found
from pqr_pipeline.audit.recount import figures
from pqr_pipeline.audit.scan import holding, whole
from pqrs.lines import Line, Place, line_at
from pqrs.parameters import Parameters
from pqrs.walk import Day, walked

__all__ = ["Mail", "Trace", "traced"]


@dataclass(frozen=True, slots=True)
class Mail:
    """A delivered line: as it came, and what silver made of it: `email` with its `event`, or the `duplicate` it was.

    `fate` is `message`, `duplicate`, `continuation` (its request is not in the data) or `rejected`.
    """

    fate: str
    line: Line
    email: Mapping[str, Any] | None = None
    duplicate: Mapping[str, Any] | None = None
    event: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        told = {"fate": self.fate, "silver": self.email, "duplicate": self.duplicate, "event": self.event}
        return self.line.to_json() | told


@dataclass(frozen=True, slots=True)
class Trace:
    """`cells` are the columns of marts that count the ticket, each with the names of its rows; `clock` is by day.

    `rows` are those of Postgres by table; None where Postgres does not show this run, or where it could not be read,
    which `unread` then says.
    """

    run_id: str
    asked: str
    mails: tuple[Mail, ...]
    ticket: Mapping[str, Any] | None = None
    thread: tuple[Mapping[str, Any], ...] = ()
    events: tuple[Mapping[str, Any], ...] = ()
    clock: tuple[Day, ...] = ()
    cells: tuple[Mapping[str, Any], ...] = ()
    rows: Mapping[str, list[dict[str, Any]]] | None = field(default=None)
    unread: str | None = None


def traced(lake: Lake, run_id: str, asked: str) -> Trace:
    """All but the rows of Postgres; raises InvalidSettings for what the run does not hold."""
    records = RunRecords(lake, run_id)
    parameters = Parameters.of(records.parameters())
    holding(records.upstream("silver"), "tickets", figures().reads)
    held = found(lake, records, asked.strip())
    mails = tuple(_mail(lake, records, held, place=place) for place in held.lines)
    if held.ticket is None:
        return Trace(run_id, asked, mails)
    (ticket,) = held.ticket.to_pylist()
    return Trace(
        run_id,
        asked,
        mails,
        ticket=ticket,
        thread=held.thread,
        events=held.events,
        clock=tuple(walked(ticket, _last_day(ticket, parameters))),
        cells=tuple(_cells(lake, records, held.ticket)),
    )


def _mail(lake: Lake, records: RunRecords, held: Found, *, place: Place) -> Mail:
    line, silver = line_at(lake, records, place), held.lines[place]
    email, duplicate = silver.get("email"), silver.get("duplicate")
    if email is None:
        return Mail("duplicate" if duplicate else "rejected", line, duplicate=duplicate)
    mine = (event for event in held.events if event["message_id"] == email["message_id"])
    return Mail("continuation" if email["is_continuation"] else "message", line, email, event=next(mine, None))


def _last_day(ticket: Mapping[str, Any], parameters: Parameters) -> date:
    """The clock runs to the closing; while the ticket is open, to the end of the term or of the window."""
    closed: date | None = ticket["closed_on"]
    return closed or max(ticket["effective_due_on"] or parameters.window_to, parameters.window_to)


def _cells(lake: Lake, records: RunRecords, ticket: pa.Table) -> Iterable[dict[str, Any]]:
    """The columns of every mart that count the ticket, and in which rows."""
    parameters = Parameters.of(records.parameters())
    standing = figures().standing(ticket.select(list(figures().reads)), parameters.window)
    for mart in records.upstream("gold").datasets:
        known = figures().definitions(mart.name)
        if not known or not mart.rows:
            continue
        rows = whole(lake, mart)
        (first,) = rows.slice(0, 1).to_pylist()
        for column, definition in known.items():
            if definition.is_name or column not in mart.columns:
                continue
            run = {"window": parameters.window, "opens_on": parameters.opens_on}
            counting = figures().counting(figures().cell(mart.name, column, first, **run), standing, rows)
            if counting.num_rows:
                yield {"mart": mart.name, "column": column, "rows": counting.select(list(mart.key)).to_pylist()}
