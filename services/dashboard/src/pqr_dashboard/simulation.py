"""What would have become of the same arrivals with other terms or another capacity to answer. Pure.

Tickets are never looked at one by one: a row of kpi_cohorts stands for all that came, fell due and ended on the same
days. The entity works a queue: each day it answers as many as it can, first those it answered first in fact, or first
those that fall due first. With its own terms, capacity and order that queue gives back what happened, to the ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES

__all__ = ["BY_DUE_DATE", "COUNTS", "ORDERS", "OWN_ORDER", "Change", "Outcome", "answered_a_day", "simulated"]

Array: TypeAlias = npt.NDArray[Any]

OWN_ORDER, BY_DUE_DATE = "own", "due"
ORDERS = (OWN_ORDER, BY_DUE_DATE)
WORKED_OFF = ("answered", "open")  # what the queue decides; archives and transfers stay as they were
COUNTS = ("received", "answered", "archived", "transferred", "due", "breached", "backlog", "overdue")
NEVER = np.datetime64("NaT", "D")
LAST_OF_ALL = np.iinfo(np.int64).max
AS_IT_WAS = 100


@dataclass(frozen=True, slots=True)
class Change:
    """What is different. Nothing given: nothing is.

    `terms`: business days by type, for types that get another term. `percent` of the answers given on each day, or
    `per_day` answers on every business day, over all types. An extension or suspension keeps its length.
    """

    terms: Mapping[str, int] = field(default_factory=dict)
    percent: int = AS_IT_WAS
    per_day: int | None = None
    order: str = OWN_ORDER


@dataclass(frozen=True, slots=True)
class Outcome:
    """`daily`: day x type as kpi_daily has it. `by_type`: what kpi_sla has, over the window. `mean_days`: to close."""

    daily: pd.DataFrame
    by_type: pd.DataFrame
    mean_days: float | None

    def total(self, name: str) -> int:
        """A count of `by_type` over all types."""
        return int(self.by_type[name].sum())

    @property
    def breach_rate(self) -> float | None:
        return self.total("breached") / self.total("due") if self.total("due") else None


@dataclass(frozen=True, slots=True)
class _Lives:
    """Tickets by their days: arrays of one length. Days are datetime64[D]; `kind` is the place in PQRS_TYPES."""

    kind: Array
    opened: Array
    received: Array
    due: Array
    closed: Array
    fate: Array
    tickets: Array

    def take(self, rows: Array, **changed: Array) -> _Lives:
        kept = {name: getattr(self, name)[rows] for name in self.__slots__ if name not in changed}
        return _Lives(**kept, **changed)


def simulated(cohorts: pd.DataFrame, first: date, last: date, change: Change) -> Outcome:
    """The figures of the window `first` to `last` if `change` had been so; `cohorts` are rows of kpi_cohorts."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    lives = _lives(cohorts, change.terms)
    is_queued = np.isin(lives.fate, WORKED_OFF)
    queued, others = lives.take(np.flatnonzero(is_queued)), lives.take(np.flatnonzero(~is_queued))
    worked = _worked_off(queued, _capacity(queued, days, change), days, change.order)
    return _outcome(_joined(others, worked), days)


def answered_a_day(cohorts: pd.DataFrame, first: date, last: date) -> int:
    """How many answers a business day of the window saw, rounded."""
    business_days = int(np.busday_count(first, np.datetime64(last, "D") + 1, busdaycal=calendar.BUSINESS_DAYS))
    answered = cohorts.loc[cohorts["fate"] == "answered", "tickets"].sum()
    return round(int(answered) / business_days) if business_days else 0


def _lives(cohorts: pd.DataFrame, new_terms: Mapping[str, int]) -> _Lives:
    """Tickets with the due dates of the new terms: as many business days earlier or later as the term changed."""
    types = cohorts["pqrs_type"].to_numpy(dtype=object)
    due = _days(cohorts["effective_due_on"])
    old = cohorts["term_days"].fillna(0).to_numpy(dtype=np.int64)
    new = np.array([new_terms.get(code, term) for code, term in zip(types, old, strict=True)], dtype=np.int64)
    return _Lives(
        kind=np.array([PQRS_TYPES.index(code) for code in types], dtype=np.int64),
        opened=_days(cohorts["opened_on"]),
        received=_days(cohorts["received_on"]),
        due=calendar.add_business_days(due, new - old),
        closed=_days(cohorts["closed_on"]),
        fate=cohorts["fate"].to_numpy(dtype=object).astype(str),
        tickets=cohorts["tickets"].to_numpy(dtype=np.int64),
    )


def _capacity(queued: _Lives, days: Array, change: Change) -> Array:
    """Answers that can be given on each day; a share of what was answered is rounded on the running total."""
    if change.per_day is not None:
        return np.where(np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS), change.per_day, 0)
    answered = _counted(queued.closed, queued.tickets, days)
    return np.diff(np.cumsum(answered) * change.percent // AS_IT_WAS, prepend=0)


def _worked_off(queued: _Lives, capacity: Array, days: Array, order: str) -> _Lives:
    """Day by day the head of the queue is answered; what is left at the end stays open."""
    queue = queued.take(_queue_order(queued, order))
    left = queue.tickets.copy()
    answers: list[tuple[Array, Array, Array]] = []
    for day, room in zip(days, capacity, strict=True):
        waiting = np.flatnonzero((queue.opened <= day) & (left > 0)) if room else np.array([], dtype=np.intp)
        before = np.cumsum(left[waiting]) - left[waiting]
        served = waiting[before < room]
        taken = np.minimum(left[served], room - before[: len(served)])
        left[served] -= taken
        answers.append((served, taken, np.full(len(served), day)))
    still = np.flatnonzero(left)
    rows, taken, closed = (np.concatenate(column) for column in zip(*answers, strict=True))
    answered = queue.take(rows, tickets=taken, closed=closed, fate=np.full(len(rows), "answered"))
    never = np.full(len(still), NEVER)
    return _joined(answered, queue.take(still, tickets=left[still], closed=never, fate=np.full(len(still), "open")))


def _queue_order(queued: _Lives, order: str) -> Array:
    """Who comes first: by the day of the answer that was given, or by the due date; then who has waited longest."""
    turn, due = _last_if_never(queued.closed), _last_if_never(queued.due)
    first, second = (turn, due) if order == OWN_ORDER else (due, turn)
    return np.lexsort((queued.kind, queued.received, queued.opened, second, first))


def _outcome(lives: _Lives, days: Array) -> Outcome:
    """Count as gold counts: due and breached on the last day of the term, what is left at the end of each day."""
    end = days[-1]
    is_due = lives.due <= end
    is_late = lives.due < lives.closed
    is_breached = is_due & (np.isnat(lives.closed) | is_late)
    is_closed = ~np.isnat(lives.closed)

    def count(day: Array, rows: Array) -> Array:
        return _counted(day[rows], lives.tickets[rows], days, lives.kind[rows])

    steps = {fate: count(lives.closed, is_closed & (lives.fate == fate)) for fate in COUNTS[1:4]}
    steps |= {"received": count(lives.opened, np.full(len(lives.kind), fill_value=True))}
    steps |= {"due": count(lives.due, is_due), "breached": count(lives.due, is_breached)}
    ended = steps["answered"] + steps["archived"] + steps["transferred"]
    steps["backlog"] = np.cumsum(count(lives.opened, lives.fate != "no_term") - ended, axis=0)
    steps["overdue"] = np.cumsum(steps["breached"] - count(lives.closed, is_late), axis=0)
    return Outcome(_daily(steps, days), _by_type(lives, is_due, is_breached, is_late), _mean_days(lives, is_closed))


def _daily(steps: Mapping[str, Array], days: Array) -> pd.DataFrame:
    grid = {"day": np.repeat(days.astype("datetime64[ns]"), len(PQRS_TYPES)), "pqrs_type": PQRS_TYPES * len(days)}
    return pd.DataFrame(grid | {name: steps[name].reshape(-1) for name in COUNTS})


def _by_type(lives: _Lives, is_due: Array, is_breached: Array, is_late: Array) -> pd.DataFrame:
    def count(rows: Array) -> Array:
        total = np.zeros(len(PQRS_TYPES), dtype=np.int64)
        np.add.at(total, lives.kind[rows], lives.tickets[rows])
        return total

    columns = {
        "received": count(np.full(len(lives.kind), fill_value=True)),
        **{fate: count(lives.fate == fate) for fate in ("answered", "archived", "transferred", "no_term", "open")},
        "due": count(is_due),
        "in_term": count(is_due & ~is_breached),
        "late": count(is_late),
        "overdue": count(is_breached & ~is_late),
        "breached": count(is_breached),
    }
    return pd.DataFrame({"pqrs_type": PQRS_TYPES, **columns})


def _mean_days(lives: _Lives, is_closed: Array) -> float | None:
    """Business days from the legal reception to the answer or archive of tickets with a term, as gold takes them."""
    rows = is_closed & ~np.isnat(lives.due)
    taken = np.maximum(calendar.business_days_between(lives.received[rows], lives.closed[rows]), 0)
    closed = int(lives.tickets[rows].sum())
    return int((taken * lives.tickets[rows]).sum()) / closed if closed else None


def _counted(day: Array, tickets: Array, days: Array, kind: Array | None = None) -> Array:
    """Tickets by day of the window (and by type, if given); days outside it and no day at all count nowhere."""
    total = np.zeros((len(days), len(PQRS_TYPES)), dtype=np.int64)
    inside = (day >= days[0]) & (day <= days[-1])
    place = (day[inside] - days[0]).astype(np.int64)
    np.add.at(total, (place, 0 if kind is None else kind[inside]), tickets[inside])
    return total if kind is not None else total[:, 0]


def _joined(one: _Lives, other: _Lives) -> _Lives:
    return _Lives(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in one.__slots__))


def _last_if_never(day: Array) -> Array:
    return np.where(np.isnat(day), LAST_OF_ALL, day.astype(np.int64))


def _days(column: pd.Series) -> Array:
    return column.to_numpy(dtype="datetime64[ns]").astype("datetime64[D]")
