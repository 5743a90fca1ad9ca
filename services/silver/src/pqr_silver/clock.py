"""What is known of each ticket so far; a row of tickets says all of it, so a life goes on from there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_silver.machine import ANNULMENT, ANSWER, ARCHIVE, STATES, STATUSES, TRANSFER, Codes
from pqrs import calendar, terms
from pqrs.catalogue import PQRS_TYPES

__all__ = ["NOTHING", "WAITING", "Clock", "Column", "Counts", "Flags", "Instants", "Rows", "columns", "instants"]

Column: TypeAlias = pa.Array | npt.NDArray[np.generic]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int16]
Instants = npt.NDArray[np.datetime64]

NOTHING = -1
NEVER = np.datetime64("NaT", "us")
NO_DAY = np.datetime64("NaT", "D")
WAITING, ANNULLED = STATES.index("waiting"), STATES.index("annulled")
STATUS_NAMES = pa.array(STATUSES)
TYPE_NAMES = pa.array(PQRS_TYPES)
MOMENTS = ("acknowledged_at", "first_response_at", "answered_at", "last_answer_at")


@dataclass(slots=True)
class Clock:
    """By ticket: local days and UTC instants (NaT for what has not happened), codes (NOTHING for none), counts."""

    opened_at: Instants
    received_on: calendar.Days
    pqrs_type: Codes  # of PQRS_TYPES
    is_type_assigned: Flags  # by an acknowledgement
    term: Counts  # business days
    hours: Counts  # of a term in hours
    state: Codes
    closing: Codes  # the kind of the step that closed it
    closed_at: Instants
    acknowledged_at: Instants
    first_response_at: Instants
    answered_at: Instants  # the first answer
    last_answer_at: Instants
    extension: Counts
    suspended_from: calendar.Days
    suspended_to: calendar.Days
    is_reopened: Flags
    insistences: npt.NDArray[np.int32]
    events: npt.NDArray[np.int32]

    @classmethod
    def unborn(cls, tickets: int) -> Clock:
        """So many tickets to which nothing has happened, not even their request."""

        def every(value: Any) -> npt.NDArray[Any]:
            return np.full(tickets, value)

        return cls(
            opened_at=every(NEVER),
            received_on=every(NO_DAY),
            pqrs_type=every(np.int8(NOTHING)),
            is_type_assigned=every(False),
            term=every(np.int16(terms.NO_TERM)),
            hours=every(np.int16(terms.NO_TERM)),
            state=every(np.int8(0)),
            closing=every(np.int8(NOTHING)),
            closed_at=every(NEVER),
            acknowledged_at=every(NEVER),
            first_response_at=every(NEVER),
            answered_at=every(NEVER),
            last_answer_at=every(NEVER),
            extension=every(np.int16(0)),
            suspended_from=every(NO_DAY),
            suspended_to=every(NO_DAY),
            is_reopened=every(False),
            insistences=every(np.int32(0)),
            events=every(np.int32(0)),
        )

    def resume(self, ticket: Rows, rows: pa.Table) -> None:
        """Set these tickets to what their rows say: the inverse of `columns`."""
        for name, value in _read(rows).items():
            getattr(self, name)[ticket] = value

    def due_on(self, ticket: Rows) -> calendar.Days:
        """The effective due date of these tickets as it stands now; NaT without a term."""
        in_days = terms.effective_due_on(
            self.received_on[ticket],
            self.term[ticket],
            self.extension[ticket],
            suspended_from=self.suspended_from[ticket],
            suspended_to=self.suspended_to[ticket],
        )
        return self._or_in_hours(ticket, in_days)

    def due_by_law_on(self) -> calendar.Days:
        """The due date of all tickets without extension and suspension; NaT without a term."""
        return self._or_in_hours(np.arange(len(self.term)), terms.effective_due_on(self.received_on, self.term))

    def due_at(self) -> Instants:
        """The instant at which the term of each ticket ends, as it stands now; NaT without a term."""
        return terms.due_at(self.due_on(np.arange(len(self.term))), self.opened_at, self.hours)

    def _or_in_hours(self, ticket: Rows, in_days: calendar.Days) -> calendar.Days:
        hours = self.hours[ticket]
        if not (hours >= 0).any():
            return in_days
        return np.where(hours >= 0, calendar.local_day(terms.due_at(in_days, self.opened_at[ticket], hours)), in_days)


def columns(clock: Clock) -> dict[str, Column]:
    """The columns of tickets that follow from their clocks."""
    unsuspended = terms.effective_due_on(clock.received_on, clock.term, clock.extension)
    effective_due_on = clock.due_on(np.arange(len(clock.term)))
    closed_on = calendar.local_day(clock.closed_at)
    days_open = calendar.business_days_between(clock.received_on, closed_on)
    is_transferred, is_annulled = clock.closing == TRANSFER, clock.closing == ANNULMENT
    return {
        "pqrs_type": TYPE_NAMES.take(pa.array(clock.pqrs_type)),
        "is_type_assigned": clock.is_type_assigned,
        "status": STATUS_NAMES.take(pa.array(clock.state)),
        "received_on": clock.received_on,
        "term_days": pa.array(clock.term, mask=clock.term < 0),
        "term_hours": pa.array(clock.hours, mask=clock.hours < 0),
        "due_on": clock.due_by_law_on(),
        "effective_due_on": effective_due_on,
        "due_at": _instants(clock.due_at()),
        "extension_days": clock.extension,
        "suspended_days": np.where(clock.hours < 0, calendar.business_days_between(unsuspended, effective_due_on), 0),
        **{name: _instants(getattr(clock, name)) for name in MOMENTS},
        "closed_at": _instants(clock.closed_at),
        "answered_on": calendar.local_day(clock.answered_at),
        "closed_on": closed_on,
        "business_days": pa.array(
            np.maximum(days_open, 0).astype(np.int32), mask=np.isnat(closed_on) | is_transferred | is_annulled
        ),
        "suspended_from": clock.suspended_from,
        "suspended_to": clock.suspended_to,
        "has_term": ((clock.term >= 0) | (clock.hours >= 0)) & ~is_transferred & ~is_annulled,
        "is_extended": clock.extension > 0,
        "is_suspended": ~np.isnat(clock.suspended_from),
        "is_waiting": clock.state == WAITING,
        "is_transferred": is_transferred,
        "is_archived": (clock.closing == ARCHIVE) | is_annulled,
        "is_reopened": clock.is_reopened,
        "count_insistences": clock.insistences,
        "count_events": clock.events,
    }


def instants(column: pa.ChunkedArray) -> Instants:
    """A timestamp column as numpy UTC instants; null is NaT."""
    return np.asarray(column.to_numpy(), dtype="datetime64[us]")


def _read(rows: pa.Table) -> dict[str, npt.NDArray[Any]]:
    """The fields of a clock, from rows of tickets."""
    flag = {name: rows[name].to_numpy() for name in ("is_waiting", "is_transferred", "is_archived", "is_reopened")}
    closed_at = instants(rows["closed_at"])
    state = _codes(rows["status"], STATUS_NAMES)
    closing = np.select(
        [flag["is_transferred"], state == ANNULLED, flag["is_archived"]], [TRANSFER, ANNULMENT, ARCHIVE], ANSWER
    )
    return {
        "pqrs_type": _codes(rows["pqrs_type"], TYPE_NAMES),
        "is_type_assigned": rows["is_type_assigned"].to_numpy(),
        "opened_at": instants(rows["opened_at"]),
        "term": pc.fill_null(rows["term_days"], terms.NO_TERM).to_numpy(),
        "hours": pc.fill_null(rows["term_hours"], terms.NO_TERM).to_numpy(),
        "state": np.where(flag["is_waiting"], WAITING, state),
        "closing": np.where(np.isnat(closed_at), NOTHING, closing),
        "closed_at": closed_at,
        "extension": rows["extension_days"].to_numpy(),
        "is_reopened": flag["is_reopened"],
        "insistences": rows["count_insistences"].to_numpy(),
        "events": rows["count_events"].to_numpy(),
        **{name: _days(rows[name]) for name in ("received_on", "suspended_from", "suspended_to")},
        **{name: instants(rows[name]) for name in MOMENTS},
    }


def _codes(names: pa.ChunkedArray, known: pa.Array) -> npt.NDArray[np.int32]:
    return np.asarray(pc.index_in(names, value_set=known).to_numpy())


def _days(column: pa.ChunkedArray) -> calendar.Days:
    return np.asarray(column.to_numpy(), dtype="datetime64[D]")


def _instants(values: Instants) -> pa.Array:
    return pa.array(values).cast(pa.timestamp("us", tz="UTC"))
