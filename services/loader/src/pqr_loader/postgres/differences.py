"""The difference between what a table shows and what it must show, staged row by row: read from the lake, cancelled
out, and held to what Postgres has. What is staged is one transaction of a worker's connection, as in `staging`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import Partition, content_digest, net, sql_of
from pqr_common.errors import UpstreamBroken
from pqr_loader.mirror.changes import ADDED, DIGITS, Rows, Slot, staging_name, total
from pqr_loader.mirror.parts import Moving, moving, total_of
from pqr_loader.mirror.tables import Table
from pqr_loader.postgres.moving import BY_KEY
from pqr_loader.postgres.staging import one_at_a_time, read_back, seen, wait
from pqr_loader.sources import Read, narrowed

__all__ = ["difference_staged"]


def difference_staged(cursor: Any, table: Table, must: tuple[Partition, ...], *, run_id: str, read: Read) -> bool:
    """Whether the table shows the rows of these partitions, or will once what is staged here has moved.

    If not, it is to be loaded part by part: nothing is there, too much differs, it was changed by hand, or what would
    have to be known of the run that it shows is gone. It holds once the caller has committed.
    """
    one_at_a_time(cursor, table.name)
    there = _loaded(cursor, table)
    if not there or not table.primary_key:
        return False
    if total(there) == total_of(must)[1]:
        return _shown_run(cursor) != run_id or _are_intact(cursor, table, there)
    shown = _shown(cursor, table)
    if total_of(shown)[1] != total(there) or (moves := moving(must, shown)) is None:
        return False
    try:
        come, gone = _cancelled(moves, table, read)
    except UpstreamBroken:
        return False  # who loads all reads what must be there again, and says what is wrong with it
    if gone.num_rows and not _taken_aside(cursor, table, gone):
        return False
    if come.num_rows:
        slot, digest = Slot(table.name, ADDED), content_digest(come)
        rows = Rows(slot, come.num_rows, digest, staging_name(slot, digest))
        wait(cursor, table, rows, read=lambda: come)
    return True


def _loaded(cursor: Any, table: Table) -> list[Rows]:
    cursor.execute(
        "select part, rows, content_digest, relation from meta.loaded_partitions where table_name = $1", (table.name,)
    )
    return [Rows(Slot(table.name, part), *rest) for part, *rest in cursor.fetchall()]


def _shown_run(cursor: Any) -> str | None:
    cursor.execute("select run_id from meta.published")
    row = cursor.fetchone()
    return row[0] if row else None


def _are_intact(cursor: Any, table: Table, there: Iterable[Rows]) -> bool:
    return all(content_digest(seen(cursor, table, rows.slot.part)) == rows.content_digest for rows in there)


def _shown(cursor: Any, table: Table) -> list[Partition]:
    """The partitions of the published run that the table shows; none if that run had other columns."""
    layer, _, dataset = table.source.partition("/")
    cursor.execute(sql_of("pqr_loader", "sql/shown.sql"), (layer, dataset))
    rows = [dict(zip((column[0] for column in cursor.description), row, strict=True)) for row in cursor.fetchall()]
    columns = [json.loads(row.pop("columns")) for row in rows]
    lines = [tuple(f"{each['name']}: {each['type']}" for each in line) for line in columns[:1]]
    return [Partition(dataset=dataset, **row) for row in rows] if lines == [table.columns] else []


def _cancelled(moves: Moving, table: Table, read: Read) -> tuple[pa.Table, pa.Table]:
    """The rows that come and those that go, without those that are on both sides."""
    coming, going = (narrowed(table, partitions, read) for partitions in (moves.coming, moves.going))
    return net(coming, going), net(going, coming)


def _taken_aside(cursor: Any, table: Table, gone: pa.Table) -> bool:
    """Copy the rows of the table with the keys of these aside, by part; False when they are not these rows."""
    digest, base = content_digest(gone), table.name.split(".")[1]
    name = f"{base}_gone_{digest.rsplit('-', 1)[1][:DIGITS]}"
    keys = ", ".join(f'"{column}"' for column in table.primary_key)
    columns = ", ".join(f'"{column}"' for column in table.schema.names)
    for relation in (name, f"{name}_keys"):
        cursor.execute(f"drop table if exists staging.{relation}")
    cursor.execute("delete from meta.staged where relation = $1", (name,))
    cursor.execute(f"create table staging.{name}_keys as select {keys} from {table.name} limit 0")
    cursor.adbc_ingest(f"{name}_keys", gone.select(table.primary_key), mode="append", db_schema_name="staging")
    cursor.execute(f"analyze staging.{name}_keys")
    for setting in BY_KEY:
        cursor.execute(setting.decode())
    cursor.execute(
        f"create table staging.{name} as "
        f"select part, {columns} from staging.{name}_keys join {table.name} using ({keys})"
    )
    cursor.execute(f"drop table staging.{name}_keys")
    found = read_back(cursor, f"staging.{name}", table.schema.append(pa.field("part", pa.int16())))
    rows = found.select(table.schema.names)
    if content_digest(rows) != digest:
        cursor.execute(f"drop table staging.{name}")
        return False
    cursor.execute(f"analyze staging.{name}")
    for part in pc.unique(found["part"]).to_pylist():
        here = rows.filter(pc.equal(found["part"], part))
        cursor.execute(
            "insert into meta.staged (relation, table_name, part, rows, content_digest, sign) "
            "values ($1, $2, $3, $4, $5, -1)",
            (name, table.name, part, here.num_rows, content_digest(here)),
        )
    return True
