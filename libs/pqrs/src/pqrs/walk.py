"""A legal term day by day, as a person counts it on a calendar: which days count, and why others do not. Pure.

The terms themselves come from `pqrs.terms`, which works them out without walking; a test holds both to each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pqrs.calendar import HOLIDAY_NAMES

__all__ = ["Day", "walked"]

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Day:
    """`kind` is `received`, `business`, `suspended`, `weekend` or `holiday`, whose name is in `name`.

    `counted` is how many business days of the term had gone by at the end of the day.
    """

    day: date
    kind: str
    name: str
    counted: int


def walked(ticket: Mapping[str, Any], until: date) -> list[Day]:
    """From the day of reception of a ticket (a row of silver/tickets) to this day.

    The day of reception does not count. A business day counts unless the term stands still on it: after the day on
    which the citizen was asked to complete, up to the day on which it was completed.
    """
    days: list[Day] = []
    day, counted = ticket["received_on"], 0
    while day <= until:
        kind = "received" if not days else _kind(day, ticket)
        counted += kind == "business"
        days.append(Day(day, kind, HOLIDAY_NAMES.get(day, ""), counted))
        day += timedelta(days=1)
    return days


def _kind(day: date, ticket: Mapping[str, Any]) -> str:
    if day in HOLIDAY_NAMES:
        return "holiday"
    if day.weekday() >= SATURDAY:
        return "weekend"
    first, last = ticket["suspended_from"], ticket["suspended_to"]
    return "suspended" if first is not None and first < day <= last else "business"
