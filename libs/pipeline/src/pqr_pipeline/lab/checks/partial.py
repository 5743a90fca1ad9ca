"""An additive partial: count each part once, add the parts up, and get the figures of the whole."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.sql import query
from pqr_pipeline.lab.grading import must, same_rows
from pqr_pipeline.lab.work import Work

__all__ = ["check"]

KEY = ("month", "pqrs_type")
CUTS = (1, 2, 7, 60)  # parts; of so many some are empty
# What the mart counts: tickets that were closed, of those whose term ended by the end of the window.
CLOSED = """
select date_trunc('month', effective_due_on)::date as month, pqrs_type, business_days
from tickets
where has_term and effective_due_on <= $as_of and business_days is not null
"""
MART = """
select month, pqrs_type, in_term + late as closed, mean_business_days, p90_business_days
from kpi_sla where in_term + late > 0
"""


def check(work: Work) -> str:
    given, as_of = work.inbox, work.inbox.parameters.as_of_day
    closed = query(CLOSED, {"as_of": as_of}, tickets=given.rows("silver/tickets"))
    mart = query(MART, kpi_sla=given.rows("gold/kpi_sla"))
    for parts in CUTS:
        partials = [work.rows("partial.sql", tickets=part) for part in _cut(closed, parts)]
        rows = max(each.num_rows for each in partials)
        must(
            parts > 1 or rows <= closed.num_rows // 2,
            f"A partial must be smaller than what it was counted from, found {rows:,} rows for {closed.num_rows:,}.",
        )
        found = work.rows("total.sql", partials=pa.concat_tables(partials, promote_options="permissive"))
        same_rows(f"The total of {parts} part{'s' * (parts > 1)}", found, mart, key=KEY)
    return f"{closed.num_rows:,} tickets in {', '.join(map(str, CUTS[:-1]))} or {CUTS[-1]} parts give the same mart."


def _cut(rows: pa.Table, parts: int) -> list[pa.Table]:
    """Pieces of different lengths, the last of them empty where there are several."""
    if parts == 1:
        return [rows]
    bounds = [rows.num_rows * number**2 // (parts - 1) ** 2 for number in range(parts)]
    return [rows.slice(a, b - a) for a, b in zip(bounds, [*bounds[1:], bounds[-1]], strict=True)]
