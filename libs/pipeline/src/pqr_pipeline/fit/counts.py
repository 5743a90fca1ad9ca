"""What a run holds, counted one partition at a time and added up: nothing here grows with the mail of a run.

A count is a query over one partition; its columns `n_*` are whole numbers, negative for rows that are taken back, and
the others say what is counted. So counts add up however the rows are cut into partitions.
"""

from __future__ import annotations

import pyarrow as pa

from pqr_common import Lake, Manifest, RunRecords, parquet_table, query, sql_of
from pqrs.calendar import UTC_OFFSET, as_days, next_business_day
from pqrs.parameters import Parameters
from pqrs.terms import THREAD_DAYS

__all__ = ["counted", "sql"]

COUNTS = {"tickets": ("kinds", "arrivals", "answers", "flow", "marks", "people"), "emails": ("mails", "lengths")}
PEOPLE_MAX = 2_000_000  # of more tickets only one citizen in so many is followed


def counted(lake: Lake, run_id: str) -> dict[str, pa.Table]:
    """Every count of `COUNTS` over the whole run, its `calendar`, and its `lines` by the manifests."""
    records = RunRecords(lake, run_id)
    parameters = Parameters.of(records.parameters())
    silver, bronze = records.upstream("silver"), records.upstream("bronze")
    first, last = parameters.window
    every = 1 + silver.dataset("tickets").rows // PEOPLE_MAX
    seen = {"from": first, "to": last, "behind_utc": -UTC_OFFSET, "thread_days": THREAD_DAYS}
    totals: dict[str, pa.Table] = {}
    for dataset, names in COUNTS.items():
        for part in silver.dataset(dataset).partitions:
            rows = parquet_table(lake.read(part))
            given = {"facts": query(sql("facts"), seen, tickets=rows)} if dataset == "tickets" else {dataset: rows}
            for name in names:
                found = query(sql(f"counts/{name}"), {"every": every} if name == "people" else {}, **given)
                totals[name] = _sum(totals.get(name, found.slice(0, 0)), found, sign=part.sign)
    days = as_days([str(day) for day in parameters.days])
    calendar = pa.table({"day": days, "is_business_day": next_business_day(days) == days})
    return totals | {"calendar": calendar, "lines": _lines(bronze, silver)}


def sql(name: str) -> str:
    """The query of that name."""
    return sql_of("pqr_pipeline.fit", f"sql/{name}.sql")


def _sum(total: pa.Table, found: pa.Table, *, sign: int) -> pa.Table:
    keys = [name for name in found.column_names if not name.startswith("n_")]
    sums = [name for name in found.column_names if name.startswith("n_")]
    signed = ", ".join([*keys, *(f"{sign} * {name} as {name}" for name in sums)])
    summed = ", ".join([*keys, *(f"cast(sum({name}) as bigint) as {name}" for name in sums)])
    both = f"from total union all by name select {signed} from found"
    return query(f"select {summed} from ({both}) group by all", total=total, found=found)


def _lines(bronze: Manifest, silver: Manifest) -> pa.Table:
    """Delivered lines, those that could be read, and of these the copies."""
    read, unreadable = bronze.dataset("emails").rows, bronze.dataset("rejects").rows
    copies = silver.dataset("rejects").rows
    return pa.table({"lines": [read + unreadable], "read": [read], "unreadable": [unreadable], "duplicates": [copies]})
