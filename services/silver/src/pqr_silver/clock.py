"""A ticket's dates and flags, from its events alone: the same when it is built and when it is rebuilt. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_silver.lifecycle import Clock, Folded, Instants, Steps, folded
from pqr_silver.machine import (
    ACKNOWLEDGEMENT,
    ACTORS,
    ARCHIVE,
    EVENT_TYPES,
    INSISTENCE,
    REOPENING,
    STATES,
    STATUSES,
    TRANSFER,
)
from pqrs import calendar, terms

__all__ = ["NONE", "assigned_types", "clocks", "first_rows", "instants", "rebuilt"]

NONE = -1
RESPONSES = np.flatnonzero(np.array(ACTORS) == "entity")
WAITING = STATES.index("waiting")
STATUS_NAMES = pa.array(STATUSES)

Column: TypeAlias = pa.Array | npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class _Dates:
    """The dates of each ticket's term and end; NaT where there is none."""

    due_on: calendar.Days
    unsuspended_due_on: calendar.Days
    effective_due_on: calendar.Days
    closed_on: calendar.Days

    @classmethod
    def of(cls, clock: Clock) -> _Dates:
        everyone = np.arange(len(clock.term))
        extended = terms.effective_due_on(clock.received_on, clock.term, clock.extension)
        return cls(
            due_on=terms.effective_due_on(clock.received_on, clock.term),
            unsuspended_due_on=extended,
            effective_due_on=clock.due_on(everyone),
            closed_on=calendar.local_day(clock.closed_at),
        )


def clocks(steps: Steps, life: Folded) -> dict[str, Column]:
    """Columns with one row per ticket, in the order of their numbers: what its events say."""
    clock, dates = life.clock, _Dates.of(life.clock)
    days_open = calendar.business_days_between(clock.received_on, dates.closed_on)
    return {
        "status": STATUS_NAMES.take(pa.array(clock.state)),
        "received_on": clock.received_on,
        "term_days": pa.array(clock.term, mask=clock.term < 0),
        "due_on": dates.due_on,
        "effective_due_on": dates.effective_due_on,
        "extension_days": clock.extension,
        "suspended_days": calendar.business_days_between(dates.unsuspended_due_on, dates.effective_due_on),
        "acknowledged_at": _first(steps, life.kind == ACKNOWLEDGEMENT, len(clock.term)),
        "first_response_at": _first(steps, np.isin(life.kind, RESPONSES), len(clock.term)),
        "answered_at": _instants(clock.answered_at),
        "closed_at": _instants(clock.closed_at),
        "answered_on": calendar.local_day(clock.answered_at),
        "closed_on": dates.closed_on,
        "business_days": pa.array(
            np.maximum(days_open, 0).astype(np.int32),
            mask=np.isnat(dates.closed_on) | (clock.closing == TRANSFER),
        ),
        **_flags(clock),
        "is_reopened": _tally(steps, life.kind == REOPENING, len(clock.term)) > 0,
        "count_insistences": _tally(steps, life.kind == INSISTENCE, len(clock.term)),
        "count_events": np.bincount(steps.ticket, minlength=len(clock.term)),
        "suspended_from": clock.suspended_from,
        "suspended_to": clock.suspended_to,
        "last_answer_at": _instants(clock.last_answer_at),
    }


def rebuilt(events: pa.Table) -> pa.Table:
    """The clocks of all tickets from `ticket_events` sorted by ticket and `seq`: they must equal the tickets."""
    is_first = pc.equal(events["seq"], 1).to_numpy()
    steps = Steps(
        ticket=np.cumsum(is_first) - 1,
        kind=pc.index_in(events["event_type"], value_set=pa.array(EVENT_TYPES)).to_numpy().astype(np.int8),
        occurred_at=instants(events["occurred_at"]),
        extension_days=pc.fill_null(events["extension_days"], 0).to_numpy(),
    )
    first = np.flatnonzero(is_first)
    received_on = terms.received_on(steps.occurred_at[first])
    types = assigned_types(steps, events["pqrs_type"], len(first))
    life = folded(steps, received_on, terms.term_days(types["pqrs_type"], received_on))
    ids = {"ticket_id": events["ticket_id"].take(pa.array(first))}
    return pa.table(ids | types | clocks(steps, life))


def instants(column: pa.ChunkedArray) -> Instants:
    """A timestamp column as numpy UTC instants; null is NaT."""
    return np.asarray(column.to_numpy(), dtype="datetime64[us]")


def assigned_types(steps: Steps, stated: pa.ChunkedArray, tickets: int) -> dict[str, Column]:
    """The type that holds for each ticket, the first acknowledgement's, else its request's; and which of the two."""
    known, is_assigned = stated.is_valid().to_numpy(), steps.kind == ACKNOWLEDGEMENT
    assigned = first_rows(steps, known & is_assigned, tickets)
    asked = first_rows(steps, known & ~is_assigned, tickets)
    types = stated.take(pa.array(np.where(assigned == NONE, asked, assigned)))
    return {"pqrs_type": types.combine_chunks(), "is_type_assigned": assigned != NONE}


def first_rows(steps: Steps, chosen: npt.NDArray[np.bool_], tickets: int) -> npt.NDArray[np.int64]:
    """Where each ticket's first chosen step stands; NONE in a ticket without any."""
    rows = np.flatnonzero(chosen)[::-1]  # earlier ones overwrite later ones
    found = np.full(tickets, NONE)
    found[steps.ticket[rows]] = rows
    return found


def _flags(clock: Clock) -> dict[str, npt.NDArray[np.bool_]]:
    return {
        "has_term": (clock.term >= 0) & (clock.closing != TRANSFER),
        "is_extended": clock.extension > 0,
        "is_suspended": ~np.isnat(clock.suspended_from),
        "is_transferred": clock.closing == TRANSFER,
        "is_archived": clock.closing == ARCHIVE,
        "is_waiting": clock.state == WAITING,
    }


def _first(steps: Steps, chosen: npt.NDArray[np.bool_], tickets: int) -> pa.Array:
    """When each ticket first had one of these steps."""
    rows = first_rows(steps, chosen, tickets)
    return _instants(steps.occurred_at).take(pa.array(rows, mask=rows == NONE))


def _tally(steps: Steps, chosen: npt.NDArray[np.bool_], tickets: int) -> npt.NDArray[np.int64]:
    return np.bincount(steps.ticket[chosen], minlength=tickets)


def _instants(values: Instants) -> pa.Array:
    return pa.array(values).cast(pa.timestamp("us", tz="UTC"))
