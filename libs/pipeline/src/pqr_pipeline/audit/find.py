"""What a radicado, a Message-ID, a ticket id or a place in a raw object stands for in silver and among the rejects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.errors import InvalidSettings
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Partition
from pqr_common.tables.parquet import parquet_table
from pqr_common.tables.signed import net
from pqr_pipeline.audit.scan import between, of_threads
from pqrs.lines import Place

__all__ = ["Found", "found"]

Holds: TypeAlias = Callable[[pa.Table], Any]  # which rows something holds of, as a mask
PLACE = re.compile(r"day=(\d{4}-\d\d-\d\d)/part-(\d+)[-0-9a-f]*\.jsonl:(\d+)$")


@dataclass(frozen=True, slots=True)
class Found:
    """`ticket` is its last row, a table of one row, if there is one; `events` its steps, `thread` its messages.

    `lines` are what was asked for, by place: the row of silver that each became, under `email` or `duplicate`, or
    neither where bronze rejected it.
    """

    ticket: pa.Table | None
    thread: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    lines: dict[Place, dict[str, Any]]


def found(lake: Lake, records: RunRecords, asked: str) -> Found:
    """Raises InvalidSettings for what the run does not hold."""
    search = _Search(lake, records)
    place = PLACE.search(asked)
    if place:
        day, part, line = date.fromisoformat(place[1]), int(place[2]), int(place[3])
        lines = search.at((day, part, line))
    elif "@" in asked:
        lines = search.message(asked if asked.startswith("<") else f"<{asked}>")
    else:
        return search.ticket_or_radicado(asked)
    if not lines:
        raise _nothing(asked, records)
    tickets = {row["email"]["ticket_id"] for row in lines.values() if row.get("email")} - {None}
    ticket = search.ticket("ticket_id", tickets.pop()) if tickets else None
    return search.whole(ticket, lines)


class _Search:
    """Looks through the objects of one run, those that may hold what is asked for."""

    def __init__(self, lake: Lake, records: RunRecords) -> None:
        self.lake = lake
        self.silver, self.bronze = records.upstream("silver"), records.upstream("bronze")
        self.records = records

    def ticket_or_radicado(self, asked: str) -> Found:
        """All lines of its thread, those that could not be read among them."""
        ticket = self.ticket("ticket_id", asked) or self.ticket("radicado", asked)
        if ticket is not None:
            row = ticket.to_pylist()[0]
            lines = self._messages(self._near(ticket, "emails"), "ticket_id", asked=row["ticket_id"])
            for each in list(lines.values()):
                lines |= self._duplicates(each["email"]["message_id"])
            names = [name for name in (row["radicado"], row["root_message_id"]) if name]
            lines |= self._rejects("|".join(re.escape(name) for name in names))
            return self.whole(ticket, lines)
        emails = self.silver.dataset("emails").partitions
        lines = self._messages(emails, "radicado", asked=asked) if asked.isdecimal() else {}
        if not lines:
            raise _nothing(asked, self.records)
        return self.whole(None, lines)

    def message(self, message_id: str) -> dict[Place, dict[str, Any]]:
        """Every delivery of a message: the first, those that repeated it, and those that could not be read."""
        emails = self.silver.dataset("emails").partitions
        lines = self._messages(emails, "message_id", asked=message_id) | self._duplicates(message_id)
        return lines | self._rejects(rf'"message_id"\s*:\s*"{re.escape(message_id)}"')

    def at(self, place: Place) -> dict[Place, dict[str, Any]]:
        """What the line at a place became."""
        day, *_ = place
        for name, kind in (("emails", "email"), ("rejects", "duplicate")):
            near = between(self.silver.dataset(name), day, day + timedelta(days=1))
            for row in self._rows(near, _is("raw_day", day)):
                if _place(row) == place:
                    return {place: {kind: row}}
        rejects = self._rows(self.bronze.dataset("rejects").partitions, _is("raw_day", day))
        return {place: {}} if place in map(_place, rejects) else {}

    def ticket(self, column: str, asked: str) -> pa.Table | None:
        """The last row of the ticket: rows that were taken back are not it."""
        parts = self.silver.dataset("tickets").partitions
        kept = {sign: list(self._tables((p for p in parts if p.sign == sign), _is(column, asked))) for sign in (1, -1)}
        if not kept[1]:
            return None
        added = pa.concat_tables(kept[1])
        left = net(added, pa.concat_tables(kept[-1]) if kept[-1] else added.slice(0, 0))
        return left.slice(0, 1) if left.num_rows else None

    def whole(self, ticket: pa.Table | None, lines: dict[Place, dict[str, Any]]) -> Found:
        """With the thread and the steps of the ticket, and each line in the order of arrival."""
        ordered = dict(sorted(lines.items()))
        if ticket is None:
            return Found(None, (), (), ordered)
        mine = _is("ticket_id", ticket["ticket_id"][0].as_py())
        thread = sorted(self._rows(self._near(ticket, "emails"), mine), key=lambda mail: mail["received_at"])
        events = sorted(self._rows(self._near(ticket, "ticket_events"), mine), key=lambda event: event["seq"])
        return Found(ticket, tuple(thread), tuple(events), ordered)

    def _messages(self, parts: Iterable[Partition], column: str, *, asked: str) -> dict[Place, dict[str, Any]]:
        return {_place(row): {"email": row} for row in self._rows(parts, _is(column, asked))}

    def _duplicates(self, message_id: str) -> dict[Place, dict[str, Any]]:
        parts = self.silver.dataset("rejects").partitions
        return {_place(row): {"duplicate": row} for row in self._rows(parts, _is("message_id", message_id))}

    def _rejects(self, pattern: str) -> dict[Place, dict[str, Any]]:
        """Lines that bronze could not read and in whose text this stands."""
        parts = self.bronze.dataset("rejects").partitions
        said = self._rows(parts, lambda rows: pc.match_substring_regex(rows["raw_text"], pattern))
        return {_place(row): {} for row in said}

    def _near(self, ticket: pa.Table, dataset: str) -> list[Partition]:
        opened: date = ticket["opened_at"][0].as_py().date()
        return of_threads(self.silver.dataset(dataset), opened, opened)

    def _rows(self, parts: Iterable[Partition], holds: Holds) -> list[dict[str, Any]]:
        return [row for table in self._tables(parts, holds) for row in table.to_pylist()]

    def _tables(self, parts: Iterable[Partition], holds: Holds) -> Iterable[pa.Table]:
        for part in parts:
            if part.rows:
                rows = parquet_table(self.lake.read(part))
                rows = rows.filter(holds(rows))
                if rows.num_rows:
                    yield rows


def _is(column: str, value: Any) -> Holds:
    return lambda rows: pc.equal(rows[column], value)


def _place(row: dict[str, Any]) -> Place:
    return row["raw_day"], row["raw_part"], row["raw_line"]


def _nothing(asked: str, records: RunRecords) -> InvalidSettings:
    return InvalidSettings(
        f"What is traced must be a radicado, a Message-ID, a ticket id or OBJECT:LINE, found no {asked!r} in "
        f"run {records.run_id}: see `pqr explain received {records.run_id}` for some that there are."
    )
