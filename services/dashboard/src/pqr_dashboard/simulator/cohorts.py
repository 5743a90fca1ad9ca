"""Tickets as arrays: each place stands for all that came, fall due and ended on the same days. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES
from pqrs.terms import THREAD_DAYS

__all__ = ["ANSWERED", "NEVER", "OPEN", "Array", "Cohorts", "counted"]

Array: TypeAlias = npt.NDArray[Any]
ANSWERED, OPEN = "answered", "open"
NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Arrays of one length. Days are datetime64[D]; `kind` is the place in PQRS_TYPES, `ending` how tickets ended.

    `ran_out`: the term, in hours, ended on the due day before the answer that was given on that day.
    """

    kind: Array
    opened: Array
    received: Array
    due: Array
    closed: Array
    ending: Array
    tickets: Array
    ran_out: Array

    @property
    def is_late(self) -> Array:
        return np.asarray((self.due < self.closed) | (self.ran_out & (self.due == self.closed)))

    @classmethod
    def of(cls, rows: pd.DataFrame, new_terms: Mapping[str, int]) -> Cohorts:
        """From rows of kpi_cohorts; due as many business days earlier or later as the term of their type changes."""
        rows = _by_lateness(rows)
        types = rows["pqrs_type"].to_numpy(dtype=object)
        old = rows["term_days"].fillna(0).to_numpy(dtype=np.int64)
        new = np.array([new_terms.get(code, term) for code, term in zip(types, old, strict=True)], dtype=np.int64)
        due = _days(rows["effective_due_on"])
        return cls(
            kind=np.array([PQRS_TYPES.index(code) for code in types], dtype=np.int64),
            opened=_days(rows["opened_on"]),
            received=_days(rows["received_on"]),
            due=np.where(new == old, due, calendar.add_business_days(due, new - old)),  # hours may end on any day
            closed=_days(rows["closed_on"]),
            ending=rows["fate"].to_numpy(dtype=object).astype(str),
            tickets=rows["tickets"].to_numpy(dtype=np.int64),
            ran_out=rows["ran_out"].to_numpy(dtype=bool),
        )

    @property
    def lapses(self) -> Array:
        """The last day on which each can still be answered: its thread takes no mail after it."""
        return np.asarray(self.opened + np.timedelta64(THREAD_DAYS, "D"))

    def take(self, rows: Array, **changed: Array) -> Cohorts:
        kept = {name: getattr(self, name)[rows] for name in self.__slots__ if name not in changed}
        return Cohorts(**kept, **changed)

    def joined(self, other: Cohorts) -> Cohorts:
        return Cohorts(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


def counted(cohorts: Cohorts, day: Array, days: Array) -> Array:
    """Tickets by day of the window and place of their type; days outside it and no day at all count nowhere."""
    total = np.zeros((len(days), len(PQRS_TYPES)), dtype=np.int64)
    inside = (day >= days[0]) & (day <= days[-1])
    place = (day[inside] - days[0]).astype(np.int64)
    np.add.at(total, (place, cohorts.kind[inside]), cohorts.tickets[inside])
    return total


def _by_lateness(rows: pd.DataFrame) -> pd.DataFrame:
    """Tickets that were late on their due day in rows of their own, told by `ran_out`; runs of before have none."""
    late = rows["late"].fillna(0) if "late" in rows else pd.Series(0, rows.index)
    late = late.where(rows["closed_on"] == rows["effective_due_on"], 0)
    in_term = rows.assign(tickets=rows["tickets"] - late, ran_out=False)
    out = rows.assign(tickets=late, ran_out=True)
    both = pd.concat([in_term, out[late > 0]], ignore_index=True)
    return both[both["tickets"] > 0]


def _days(column: pd.Series) -> Array:
    return column.to_numpy(dtype="datetime64[ns]").astype("datetime64[D]")
