"""What would have become of the same arrivals with other terms or another capacity to answer. Pure.

Tickets are never looked at one by one: a row of kpi_cohorts stands for all that came, fell due and ended on the same
days. The entity works a queue: each day it answers as many as it can, first those it answered first in fact, or first
those that fall due first. With its own terms, capacity and order that queue gives back what happened, to the ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from pqr_dashboard.simulator.cohorts import ANSWERED, NEVER, OPEN, Array, Cohorts, counted
from pqr_dashboard.simulator.outcome import COUNTS, Outcome
from pqrs import calendar
from pqrs.desks import served

__all__ = ["BY_DUE_DATE", "COUNTS", "OWN_ORDER", "Outcome", "Variation", "answers_per_business_day", "simulated"]

OWN_ORDER, BY_DUE_DATE = "own", "due"
LAST_OF_ALL = np.iinfo(np.int64).max
AS_IT_WAS = 100


@dataclass(frozen=True, slots=True)
class Variation:
    """What is different. Nothing given: nothing is.

    `terms`: business days by type, for types that get another term. `percent` of the answers given on each day, or
    `per_day` answers on every business day, over all types. An extension or suspension keeps its length.
    """

    terms: Mapping[str, int] = field(default_factory=dict)
    percent: int = AS_IT_WAS
    per_day: int | None = None
    order: str = OWN_ORDER


def simulated(rows: pd.DataFrame, window: tuple[date, date], variation: Variation) -> Outcome:
    """The figures of the window, first and last day, if `variation` had been so; `rows` are those of kpi_cohorts.

    The queue decides over what was answered in the window or waits in it; what was archived or transferred, or answered
    before it, stays as it was.
    """
    first, last = window
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    cohorts = Cohorts.of(rows, variation.terms)
    is_queued = np.isin(cohorts.ending, (ANSWERED, OPEN)) & ~(cohorts.closed < days[0])
    worked = _worked_off(cohorts.take(np.flatnonzero(is_queued)), days, variation)
    return Outcome.of(cohorts.take(np.flatnonzero(~is_queued)).joined(worked), days)


def answers_per_business_day(rows: pd.DataFrame, window: tuple[date, date]) -> int:
    """How many answers a business day of the window saw, rounded."""
    first, last = window
    business_days = int(np.busday_count(first, np.datetime64(last, "D") + 1, busdaycal=calendar.BUSINESS_DAYS))
    answered = rows.loc[(rows["fate"] == ANSWERED) & (rows["closed_on"] >= pd.Timestamp(first)), "tickets"].sum()
    return round(int(answered) / business_days) if business_days else 0


def _worked_off(queued: Cohorts, days: Array, variation: Variation) -> Cohorts:
    """Day by day the head of the queue is answered; what is left at the end stays open."""
    queue = queued.take(_order(queued, variation.order))
    left = queue.tickets.copy()
    answers: list[tuple[Array, Array, Array]] = []

    def is_there(day: Array) -> Array:
        return (queue.opened <= day) & (day <= queue.lapses)

    for day, room in zip(days, _capacity(queued, days, variation), strict=True):
        waiting = np.flatnonzero(is_there(day) & (left > 0)) if room else np.array([], dtype=np.intp)
        taken = served(left[waiting], room)
        head = np.flatnonzero(taken)
        left[waiting] -= taken
        answers.append((waiting[head], taken[head], np.full(len(head), day)))
    still = np.flatnonzero(left)
    rows, taken, closed = (np.concatenate(column) for column in zip(*answers, strict=True))
    answered = queue.take(rows, tickets=taken, closed=closed, ending=np.full(len(rows), ANSWERED))
    never = np.full(len(still), NEVER)
    return answered.joined(queue.take(still, tickets=left[still], closed=never, ending=np.full(len(still), OPEN)))


def _capacity(queued: Cohorts, days: Array, variation: Variation) -> Array:
    """Answers that can be given on each day; a share of what was answered is rounded on the running total."""
    if variation.per_day is not None:
        return np.where(np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS), variation.per_day, 0)
    answered = counted(queued, queued.closed, days).sum(axis=1)
    return np.diff(np.cumsum(answered) * variation.percent // AS_IT_WAS, prepend=0)


def _order(queued: Cohorts, order: str) -> Array:
    """Who comes first: by the day of the answer that was given, or by the due date; then who has waited longest."""
    turn, due = _last_if_never(queued.closed), _last_if_never(queued.due)
    first, second = (turn, due) if order == OWN_ORDER else (due, turn)
    return np.lexsort((queued.kind, queued.received, queued.opened, second, first))


def _last_if_never(day: Array) -> Array:
    return np.where(np.isnat(day), LAST_OF_ALL, day.astype(np.int64))
