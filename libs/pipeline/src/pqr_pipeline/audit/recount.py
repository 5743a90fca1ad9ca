"""A cell counted again, one partition of tickets at a time: its value, how many tickets, and a page of their list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.installed import the_only
from pqr_common.tables.signed import net
from pqr_common.tables.sql import query

__all__ = ["Recount", "figures", "recount"]


@dataclass(frozen=True, slots=True)
class Recount:
    """`listed` are the first tickets by arrival, of all that were counted: their ids, radicados and arrivals."""

    value: Any
    tickets: int
    listed: pa.Table


def figures() -> Any:
    """The definitions of figures, and what counts by them: definitions, cell, standing, counted, value, counting."""
    return the_only("pqr.figures")


def recount(cell: Any, standing: Iterable[tuple[int, pa.Table]], *, last: int) -> Recount:
    """Count a cell from the tickets alone that its definition names, and list the first `last` of these.

    `standing` are sign and rows of each partition, at least one, those that take rows back first. What is held at a
    time is one partition, what is alike to the definition, and the tickets of which an earlier row was taken back.
    """
    identity = list(figures().identity)
    alike: list[pa.Table] = []
    taken: list[pa.Table] = []
    touched: list[pa.Table] = []
    listed: list[pa.Table] = []
    for sign, rows in standing:
        counted = figures().counted(cell, rows)
        named = counted.select(identity)
        alike = [_alike([*alike, counted.append_column("tickets", pa.array([sign] * counted.num_rows, pa.int64()))])]
        if sign < 0:
            taken.append(named)
            continue
        is_touched = _is_among(named, taken)
        touched.append(named.filter(is_touched))
        listed = [_first([*listed, named.filter(pc.invert(is_touched))], last)]
    if taken and touched:
        listed.append(net(pa.concat_tables(touched), pa.concat_tables(taken)))
    count = pc.sum(alike[0]["tickets"], min_count=0).as_py()
    return Recount(figures().value(cell, alike[0]), count, _first(listed, last))


def _alike(parts: list[pa.Table]) -> pa.Table:
    """How many tickets are alike in what the value is made of; who takes rows back counts less than nothing."""
    rows = pa.concat_tables([part.drop_columns(_names(part)) for part in parts])
    columns = ", ".join(name for name in rows.column_names if name != "tickets")
    if not columns:
        return pa.table({"tickets": [pc.sum(rows["tickets"], min_count=0).as_py()]})
    return query(
        f"select {columns}, cast(sum(tickets) as bigint) as tickets from alike group by all having sum(tickets) <> 0",
        alike=rows,
    )


def _names(part: pa.Table) -> list[str]:
    return [name for name in figures().identity if name in part.column_names]


def _is_among(named: pa.Table, taken: list[pa.Table]) -> pa.ChunkedArray:
    known = pa.concat_tables(taken)["ticket_id"] if taken else pa.array([], pa.string())
    return pc.is_in(named["ticket_id"], value_set=known)


def _first(tables: list[pa.Table], last: int) -> pa.Table:
    together = pa.concat_tables(tables)
    return together.sort_by([("opened_at", "ascending"), ("ticket_id", "ascending")]).slice(0, last)
