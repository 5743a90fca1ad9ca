"""Tickets to figures: each partition gives small partial counts, each mart adds up the partials it names. Pure.

Partials are whole numbers, so they add up to the same figures however tickets are partitioned.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from pqr_common.manifest.values import Check
from pqr_common.tables.contract import conform
from pqr_common.tables.sql import query, sql_of
from pqr_gold.schema import MARTS
from pqrs import calendar, catalogue

__all__ = ["NEEDS", "PARTIALS", "mart", "partials", "reconciliation"]

PARTIALS = ("flow", "outcomes", "territory", "topic", "arrivals", "backlog_age", "access", "traits", "cohorts")
NEEDS: Mapping[str, tuple[str, ...]] = {
    "kpi_executive": ("territory", "outcomes", "traits"),
    "kpi_daily": ("flow",),
    "kpi_sla": ("outcomes",),
    "kpi_backlog_age": ("backlog_age",),
    "kpi_territory": ("territory",),
    "kpi_topic": ("topic",),
    "kpi_arrivals": ("arrivals",),
    "kpi_peaks": ("flow",),
    "kpi_response_time": ("outcomes",),
    "kpi_cohorts": ("cohorts",),
    "report_access_to_information": ("access",),
}

MARGIN = np.timedelta64(60, "D")  # a reception day falls at most some days outside the window
EPOCH = np.datetime64(calendar.FIRST_DAY, "D")


def partials(tickets: pa.Table, window_from: date, window_to: date) -> dict[str, pa.Table]:
    """The partial counts of one partition of tickets, by name (`PARTIALS`)."""
    facts = query(_sql("partials/facts"), tickets=tickets, run=_run(window_from, window_to),
                  calendar=_calendar(window_from, window_to))  # fmt: skip
    if facts.num_rows != tickets.num_rows:
        raise ValueError(f"Each ticket must give one fact, found {facts.num_rows} of {tickets.num_rows} tickets.")
    return {name: query(_sql(f"partials/{name}"), facts=facts) for name in PARTIALS}


def mart(name: str, parts: Mapping[str, pa.Table], window_from: date, window_to: date) -> pa.Table:
    """One mart (`MARTS`) from the concatenated partials it needs (`NEEDS`), as its contract says."""
    made = query(
        _sql("macros") + _sql(name),
        **{partial: parts[partial] for partial in NEEDS[name]},
        run=_run(window_from, window_to),
        calendar=_calendar(window_from, window_to),
        types=pa.table({"pqrs_type": list(catalogue.PQRS_TYPES)}),
    )
    return conform(made, MARTS[name])


def reconciliation(marts: Mapping[str, pa.Table], count_tickets: int) -> list[Check]:
    """Every figure that two marts tell must be one figure; the tickets of silver are the first of them."""
    sides = query(_sql("reconciliation"), tickets=pa.table({"tickets": [count_tickets]}), **marts)
    return [Check.equal(row["name"], row["observed"], row["expected"]) for row in sides.to_pylist()]


def _sql(name: str) -> str:
    return sql_of("pqr_gold", f"sql/{name}.sql")


def _run(window_from: date, window_to: date) -> pa.Table:
    return pa.table({"window_from": [window_from], "window_to": [window_to]})


def _calendar(window_from: date, window_to: date) -> pa.Table:
    """One row a day around the window; `business_number` counts business days, so ages are differences of it."""
    days = np.arange(np.datetime64(window_from, "D") - MARGIN, np.datetime64(window_to, "D") + MARGIN)
    return pa.table(
        {
            "day": days,
            "is_business_day": np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS),
            "is_holiday": np.isin(days, calendar.HOLIDAYS),
            "business_number": calendar.business_days_between(EPOCH, days),
        }
    )
