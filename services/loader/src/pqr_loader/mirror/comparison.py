"""Compares a table read from Postgres with the one it must mirror, and says in words which rows differ. Pure."""

from __future__ import annotations

import pyarrow as pa

from pqr_common import query

__all__ = ["differing_rows", "worded"]

NAMED = 10  # rows a partition names before it counts the rest


def differing_rows(mirrored: pa.Table, found: pa.Table, key: tuple[str, ...]) -> list[dict[str, str]]:
    """Keys, and what is wrong with each: `missing`, `extra`, or the names of the columns that differ."""
    names = [name for name in mirrored.schema.names if name not in key]
    columns = ", ".join(f"case when lake.{_q(n)} is distinct from pg.{_q(n)} then '{n}' end" for n in names)
    keys = ", ".join(f"cast(coalesce(lake.{_q(k)}, pg.{_q(k)}) as varchar) as {_q(k)}" for k in key)
    joined = " and ".join(f"lake.{_q(k)} is not distinct from pg.{_q(k)}" for k in key)
    sql = f"""
        with lake as (select *, true as is_there from mirrored),
        pg as (select *, true as is_there from found),
        compared as (
            select
                {keys},
                case
                    when pg.is_there is null then 'missing'
                    when lake.is_there is null then 'extra'
                    else array_to_string(list_filter([{columns}], lambda x: x is not null), ', ')
                end as wrong
            from lake full join pg on {joined}
        )
        select * from compared where wrong <> '' order by all
    """
    rows: list[dict[str, str]] = query(sql, mirrored=mirrored, found=found).to_pylist()
    return rows


def worded(place: str, rows: list[dict[str, str]], *, layer: str, run_id: str) -> list[str]:
    """Of a table, or a part of it: one sentence per differing row, the first few; then one for the rest."""
    said = []
    for row in rows[:NAMED]:
        wrong = row["wrong"]
        identity = ", ".join(f"{name} {value}" for name, value in row.items() if name != "wrong")
        found = {"missing": "no such row", "extra": "a row that is not in it"}.get(wrong, f"another {wrong}")
        said.append(
            f"{place} must hold {identity} as {layer} has it, found {found}: "
            f"run `pqr publish {run_id}` to load it again."
        )
    if len(rows) > NAMED:
        said.append(f"{place} has {len(rows) - NAMED} more rows that differ.")
    return said


def _q(name: str) -> str:
    return f'"{name}"'
