"""Tickets to figures: each partition gives small partial counts, each mart adds up the partials it names. Pure.

Partials are whole numbers, so they add up to the same figures however tickets are partitioned.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from pqr_common import Check, conform, query, sql_of
from pqr_gold.marts import MARTS, PARTIALS
from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES

__all__ = ["mart", "partials", "reconciliation"]

MARGIN = np.timedelta64(60, "D")  # a reception day falls at most some days outside the window
EPOCH = np.datetime64(calendar.FIRST_DAY, "D")


def partials(tickets: pa.Table, window_from: date, window_to: date) -> dict[str, pa.Table]:
    """The partial counts of one partition of tickets, by name (`PARTIALS`)."""
    facts = query(
        sql_of("pqr_gold", "partials/facts.sql"),
        {"behind_utc": -calendar.UTC_OFFSET},
        tickets=tickets,
        run=_run(window_from, window_to),
        calendar=_calendar(window_from, window_to),
    )
    if facts.num_rows != tickets.num_rows:
        raise ValueError(f"Each ticket must give one fact, found {facts.num_rows} of {tickets.num_rows} tickets.")
    return {name: query(partial.sql, facts=facts) for name, partial in PARTIALS.items()}


def mart(name: str, parts: Mapping[str, pa.Table], window: tuple[date, date]) -> pa.Table:
    """One mart (`MARTS`) from the concatenated partials it needs, as its contract says."""
    made = query(
        sql_of("pqr_gold", "sql/macros.sql") + MARTS[name].sql,
        **{partial.name: parts[partial.name] for partial in MARTS[name].needs},
        run=_run(*window),
        calendar=_calendar(*window),
        types=pa.table({"pqrs_type": list(PQRS_TYPES)}),
    )
    return conform(made, MARTS[name].contract)


def reconciliation(marts: Mapping[str, pa.Table], count_tickets: int) -> list[Check]:
    """Every figure that two marts tell must be one figure; the tickets of silver are the first of them."""
    tickets = pa.table({"tickets": [count_tickets]})
    sides = query(sql_of("pqr_gold", "sql/reconciliation.sql"), tickets=tickets, **marts)
    return [Check.equal(row["name"], row["observed"], row["expected"]) for row in sides.to_pylist()]


def _run(window_from: date, window_to: date) -> pa.Table:
    return pa.table({"window_from": [window_from], "window_to": [window_to]})


def _calendar(window_from: date, window_to: date) -> pa.Table:
    """One row per day around the window; `business_number` counts business days, so ages are differences of it."""
    days = np.arange(np.datetime64(window_from, "D") - MARGIN, np.datetime64(window_to, "D") + MARGIN)
    return pa.table(
        {
            "day": days,
            "is_business_day": np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS),
            "is_holiday": np.isin(days, calendar.HOLIDAYS),
            "business_number": calendar.business_days_between(EPOCH, days),
        }
    )
