"""What became of all tickets, counted as gold counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pqr_dashboard.simulator.cohorts import NEVER, OPEN, Array, Cohorts, counted
from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES
from pqrs.rounding import mean, share

__all__ = ["COUNTS", "Outcome"]

CLOSINGS = ("answered", "archived", "transferred")
COUNTS = ("received", *CLOSINGS, "lapsed", "due", "breached", "backlog", "overdue")


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
        return share(self.total("breached"), self.total("due")) if self.total("due") else None

    @classmethod
    def of(cls, cohorts: Cohorts, days: Array) -> Outcome:
        """Due and breached on the last day of the term, what is left at the end of each day.

        What happened before the window counts in what was left then, and nowhere else.
        """
        is_late, is_open = cohorts.is_late, cohorts.ending == OPEN
        is_breached = (cohorts.due <= days[-1]) & (np.isnat(cohorts.closed) | is_late)

        def count(day: Array, rows: Array) -> Array:
            return counted(cohorts, np.where(rows, day, NEVER), days)

        def so_far(day: Array, rows: Array) -> Array:
            return np.cumsum(count(np.maximum(day, days[0]), rows), axis=0)

        steps = {ending: count(cohorts.closed, cohorts.ending == ending) for ending in CLOSINGS}
        steps |= {"received": counted(cohorts, cohorts.opened, days), "lapsed": count(cohorts.lapses, is_open)}
        steps |= {"due": counted(cohorts, cohorts.due, days), "breached": count(cohorts.due, is_breached)}
        lapsed = so_far(cohorts.lapses, is_open)
        ended = so_far(cohorts.closed, ~np.isnat(cohorts.closed)) + lapsed
        steps["backlog"] = so_far(cohorts.opened, cohorts.ending != "no_term") - ended
        steps["overdue"] = so_far(cohorts.due, is_breached) - so_far(cohorts.closed, is_late) - lapsed
        return cls(_daily(steps, days), _by_type(cohorts, days), _mean_days(cohorts, days))


def _daily(steps: Mapping[str, Array], days: Array) -> pd.DataFrame:
    grid = {"day": np.repeat(days.astype("datetime64[ns]"), len(PQRS_TYPES)), "pqrs_type": PQRS_TYPES * len(days)}
    return pd.DataFrame(grid | {name: steps[name].reshape(-1) for name in COUNTS})


def _by_type(cohorts: Cohorts, days: Array) -> pd.DataFrame:
    first, last = days[0], days[-1]
    is_late, is_open = cohorts.is_late, cohorts.ending == OPEN
    is_due = (first <= cohorts.due) & (cohorts.due <= last)
    is_breached = is_due & (np.isnat(cohorts.closed) | is_late)
    came, is_left = first <= cohorts.opened, is_open & (last < cohorts.lapses)

    def count(rows: Array) -> Array:
        total = np.zeros(len(PQRS_TYPES), dtype=np.int64)
        np.add.at(total, cohorts.kind[rows], cohorts.tickets[rows])
        return total

    columns = {
        "received": count(came),
        **{ending: count((first <= cohorts.closed) & (cohorts.ending == ending)) for ending in CLOSINGS},
        "lapsed": count(is_open & ~is_left),
        "no_term": count(came & (cohorts.ending == "no_term")),
        "open": count(is_left),
        "overdue": count(is_left & (cohorts.due <= last)),
        "due": count(is_due),
        "in_term": count(is_due & ~is_breached),
        "late": count(is_due & is_late),
        "unanswered": count(is_breached & ~is_late),
        "breached": count(is_breached),
    }
    return pd.DataFrame({"pqrs_type": PQRS_TYPES, **columns})


def _mean_days(cohorts: Cohorts, days: Array) -> float | None:
    """Business days from the legal reception to the answer or archive in the window, of tickets with a term."""
    closed = cohorts.take(np.flatnonzero((days[0] <= cohorts.closed) & ~np.isnat(cohorts.due)))
    taken = np.maximum(calendar.business_days_between(closed.received, closed.closed), 0)
    tickets = int(closed.tickets.sum())
    return mean(int((taken * closed.tickets).sum()), tickets) if tickets else None
