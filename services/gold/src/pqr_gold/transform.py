"""Tickets to figures: each partition gives small partial counts, these add up to totals, marts tell totals. Pure.

Partials are whole numbers, and a partition that takes tickets back gives negative ones. So they add up to the same
totals however tickets are partitioned and on however many days they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import Check, conform, query, sql_of
from pqr_gold.marts import MARTS, PARTIALS
from pqr_gold.schema import FALLS_DUE_ON, LAPSES_ON
from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES
from pqrs.parameters import LEAD_DAYS
from pqrs.terms import THREAD_DAYS

__all__ = ["calendar_of", "cuts", "facts_of", "mart", "partials", "reconciliation", "total"]

MARGIN = np.timedelta64(LEAD_DAYS + 60, "D")  # a reception day falls at most some days outside what is read
EPOCH = np.datetime64(calendar.FIRST_DAY, "D")


def partials(tickets: pa.Table, names: Iterable[str], *, window_from: date, sign: int = 1) -> dict[str, pa.Table]:
    """The partial counts (`PARTIALS`) of these names in one partition of tickets, negative when its sign is."""
    facts = facts_of(tickets, window_from)
    counted = {name: conform(query(PARTIALS[name].sql, facts=facts), PARTIALS[name].total) for name in names}
    return counted if sign > 0 else {name: _negative(table, PARTIALS[name].counts) for name, table in counted.items()}


def facts_of(tickets: pa.Table, window_from: date, *, identity: Sequence[str] = ()) -> pa.Table:
    """What every figure counts of each ticket (partials/facts.sql), with these columns of the ticket before it."""
    text = sql_of("pqr_gold", "partials/facts.sql").format(identity="".join(f"{name}, " for name in identity))
    given = {"behind_utc": -calendar.UTC_OFFSET, "window_from": window_from, "thread_days": THREAD_DAYS}
    return query(text, given, tickets=tickets)


def total(name: str, parts: Iterable[pa.Table], last_day: date) -> pa.Table:
    """The sum of a partial over all partitions, as of the end of a day; partials and earlier totals add up alike.

    What has ended or lapsed by then needs its date no more, so totals do not grow with days gone by. What sums to
    nothing is no row.
    """
    contract, counts = PARTIALS[name].total, list(PARTIALS[name].counts)
    rows = pa.concat_tables([contract.schema.empty_table(), *parts])
    for column in {FALLS_DUE_ON, LAPSES_ON}.intersection(rows.column_names):
        is_ahead = pc.greater(rows[column], last_day)
        rows = _with(rows, column, pc.if_else(is_ahead, rows[column], None))
    summed = rows.group_by(list(contract.key), use_threads=False).aggregate([(count, "sum") for count in counts])
    summed = summed.rename_columns([*contract.key, *counts])
    is_some = reduce(pc.or_, (pc.not_equal(summed[count], 0) for count in counts))
    return conform(summed.filter(is_some).sort_by([(column, "ascending") for column in contract.key]), contract)


def cuts(name: str, rows: pa.Table) -> dict[str, pa.Table]:
    """Rows of a total by the month that its partial is cut by; all of them under no name if it is not cut."""
    column = PARTIALS[name].cut
    if column is None:
        return {"": rows}
    months = pc.strftime(rows[column], "%Y-%m")
    return {month: rows.filter(pc.equal(months, month)) for month in pc.unique(months).to_pylist()}


def mart(name: str, totals: Mapping[str, pa.Table], window: tuple[date, date], *, opens_on: date) -> pa.Table:
    """One mart (`MARTS`) from the totals of the partials it needs, as its contract says."""
    needed = {partial.name: totals[partial.name] for partial in MARTS[name].needs}
    sql = MARTS[name].sql
    if sql is None:
        (whole,) = needed.values()
        return conform(whole, MARTS[name].contract)
    made = query(
        sql_of("pqr_gold", "sql/macros.sql") + sql,
        **needed,
        run=_run(*window, opens_on),
        calendar=calendar_of(*window),
        types=pa.table({"pqrs_type": list(PQRS_TYPES)}),
    )
    return conform(made, MARTS[name].contract)


def reconciliation(marts: Mapping[str, pa.Table], count_tickets: int, flow: pa.Table) -> list[Check]:
    """Every figure that two marts tell must be one figure; the tickets of silver are the first, in the total `flow`."""
    tickets = pa.table({"tickets": [count_tickets]})
    sides = query(sql_of("pqr_gold", "sql/reconciliation.sql"), tickets=tickets, flow=flow, **marts)
    return [Check.equal(row["name"], row["observed"], row["expected"]) for row in sides.to_pylist()]


def _negative(table: pa.Table, counts: Iterable[str]) -> pa.Table:
    for count in counts:
        table = _with(table, count, pc.negate(table[count]))
    return table


def _with(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), column)


def _run(window_from: date, window_to: date, opens_on: date) -> pa.Table:
    return pa.table({"window_from": [window_from], "window_to": [window_to], "opens_on": [opens_on]})


@lru_cache(maxsize=4)
def calendar_of(window_from: date, window_to: date) -> pa.Table:
    """One row per day around the window; `business_number` counts business days, so ages are differences of it."""
    days = np.arange(np.datetime64(window_from, "D") - MARGIN, np.datetime64(window_to, "D") + MARGIN)
    return pa.table(
        {
            "day": days,
            "is_business_day": np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS),
            "is_holiday": np.isin(days, calendar.HOLIDAYS),
            "is_after_long_weekend": calendar.is_after_long_weekend(days),
            "business_number": calendar.business_days_between(EPOCH, days),
        }
    )
