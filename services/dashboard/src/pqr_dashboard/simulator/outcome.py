"""What became of all tickets, counted as gold counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pqr_dashboard.simulator.cohorts import NEVER, Array, Cohorts, counted
from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES

__all__ = ["COUNTS", "Outcome"]

CLOSINGS = ("answered", "archived", "transferred")
COUNTS = ("received", *CLOSINGS, "due", "breached", "backlog", "overdue")


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

    @classmethod
    def of(cls, cohorts: Cohorts, days: Array) -> Outcome:
        """Due and breached on the last day of the term, what is left at the end of each day."""
        is_due = cohorts.due <= days[-1]
        is_late = cohorts.is_late
        is_breached = is_due & (np.isnat(cohorts.closed) | is_late)

        def count(day: Array, rows: Array) -> Array:
            return counted(cohorts, np.where(rows, day, NEVER), days)

        steps = {ending: count(cohorts.closed, cohorts.ending == ending) for ending in CLOSINGS}
        steps |= {"received": counted(cohorts, cohorts.opened, days)}
        steps |= {"due": count(cohorts.due, is_due), "breached": count(cohorts.due, is_breached)}
        ended = sum(steps[ending] for ending in CLOSINGS)
        steps["backlog"] = np.cumsum(count(cohorts.opened, cohorts.ending != "no_term") - ended, axis=0)
        steps["overdue"] = np.cumsum(steps["breached"] - count(cohorts.closed, is_late), axis=0)
        return cls(_daily(steps, days), _by_type(cohorts, is_due=is_due, is_late=is_late), _mean_days(cohorts))


def _daily(steps: Mapping[str, Array], days: Array) -> pd.DataFrame:
    grid = {"day": np.repeat(days.astype("datetime64[ns]"), len(PQRS_TYPES)), "pqrs_type": PQRS_TYPES * len(days)}
    return pd.DataFrame(grid | {name: steps[name].reshape(-1) for name in COUNTS})


def _by_type(cohorts: Cohorts, *, is_due: Array, is_late: Array) -> pd.DataFrame:
    is_breached = is_due & (np.isnat(cohorts.closed) | is_late)

    def count(rows: Array) -> Array:
        total = np.zeros(len(PQRS_TYPES), dtype=np.int64)
        np.add.at(total, cohorts.kind[rows], cohorts.tickets[rows])
        return total

    columns = {
        "received": count(np.full(len(cohorts.kind), fill_value=True)),
        **{ending: count(cohorts.ending == ending) for ending in (*CLOSINGS, "no_term", "open")},
        "due": count(is_due),
        "in_term": count(is_due & ~is_breached),
        "late": count(is_late),
        "overdue": count(is_breached & ~is_late),
        "breached": count(is_breached),
    }
    return pd.DataFrame({"pqrs_type": PQRS_TYPES, **columns})


def _mean_days(cohorts: Cohorts) -> float | None:
    """Business days from the legal reception to the answer or archive of tickets with a term, as gold takes them."""
    closed = cohorts.take(np.flatnonzero(~np.isnat(cohorts.closed) & ~np.isnat(cohorts.due)))
    taken = np.maximum(calendar.business_days_between(closed.received, closed.closed), 0)
    tickets = int(closed.tickets.sum())
    return int((taken * closed.tickets).sum()) / tickets if tickets else None
