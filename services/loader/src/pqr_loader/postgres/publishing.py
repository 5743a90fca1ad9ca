"""What readers see: the state of core and gold, and the one transaction that changes it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import psycopg
import pyarrow as pa
from psycopg import sql

from pqr_common import Check, content_digest, sql_of
from pqr_common.errors import WarehouseUnavailable
from pqr_loader.mirror.changes import Arrival, Changes, Rows, Slot, changes_for
from pqr_loader.mirror.reconciliation import reconciled
from pqr_loader.mirror.tables import Table
from pqr_loader.postgres.archive import keep
from pqr_loader.postgres.connection import changing, connection, table_exists
from pqr_loader.postgres.shape import lacking, shown

__all__ = ["Published", "published", "state", "swap"]


@dataclass(frozen=True, slots=True)
class Published:
    """The run that core and gold show; `digest` is of the manifests it was loaded from."""

    run_id: str
    as_of_day: date
    digest: str | None


def published(dsn: str) -> Published | None:
    """What readers see now; None in a database that was never loaded or migrated."""
    with connection(dsn, role=None) as opened:
        if not table_exists(opened, "meta.published"):
            return None
        row = opened.execute("select run_id, as_of_day, digest from meta.published").fetchone()
    return Published(*row) if row else None


def state(opened: psycopg.Connection) -> tuple[list[Rows], list[Rows]]:
    """What is loaded, and what waits in staging."""
    columns = "table_name, part, rows, content_digest, relation"
    loaded, staged = (
        [
            Rows(Slot(table, part), *rest)
            for table, part, *rest in opened.execute(f"select {columns} from {name}".encode())
        ]
        for name in ("meta.loaded_partitions", "meta.staged")
    )
    return loaded, staged


def swap(dsn: str, tables: Collection[Table], must: Collection[Rows], *, shown_as: Published) -> list[Check]:
    """Make core and gold hold exactly `must`, in one transaction that readers see whole or not at all.

    The checks compare what was read back; when one fails, nothing was changed.
    """
    with changing(dsn) as opened:
        changes = changes_for(must, *state(opened))
        if changes.missing:
            raise WarehouseUnavailable(
                f"All rows must be staged before they are shown, found {len(changes.missing)} partitions gone, first "
                f"{changes.missing[0].table} part {changes.missing[0].part}: another load swept them; run `pqr retry`."
            )
        _carry_out(opened, changes, shown_as.run_id)
        keep(opened, shown_as.run_id, tables)
        opened.execute(
            sql_of("pqr_loader", "sql/publish.sql").encode(), [shown_as.run_id, shown_as.as_of_day, shown_as.digest]
        )
        checks = reconciled(must, _held(opened, tables), tables)
        if any(check.status == "failed" for check in checks):
            opened.rollback()
        return checks + lacking(tables, shown(opened))


def _held(opened: psycopg.Connection, tables: Collection[Table]) -> list[Rows]:
    """What the tables hold now: small ones are read again, of large parts it is what was read when they were staged."""
    loaded, _ = state(opened)
    parts = {table.name for table in tables if table.is_partitioned}
    return [rows for rows in loaded if rows.slot.table in parts] + [
        Rows(Slot(table.name), found.num_rows, content_digest(found))
        for table in tables
        if not table.is_partitioned
        for found in [_read(opened, table)]
    ]


def _read(opened: psycopg.Connection, table: Table) -> pa.Table:
    """The rows of a small table as this transaction sees them."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in table.names)
    with opened.cursor(binary=True) as cursor:
        cursor.execute(sql.SQL("select {} from {}").format(columns, _named(table.name)))
        rows = cursor.fetchall()
    values = zip(*rows, strict=True) if rows else [()] * len(table.names)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(values, table.schema, strict=True)], table.schema
    )


def _carry_out(opened: psycopg.Connection, changes: Changes, run_id: str) -> None:
    if changes.changes_tables:
        # Readers of several tables hold meta.published, so it comes first; all tables are taken before any changes.
        touched = {rows.slot.table for rows in (*changes.departures, *(arrival.rows for arrival in changes.arrivals))}
        locked = ["meta.published", *sorted(table for table in touched if _is_partitioned(opened, table))]
        listed = sql.SQL(", ").join(map(_named, locked))
        opened.execute(sql.SQL("lock table {} in access exclusive mode").format(listed))
    for rows in changes.departures:
        _remove(opened, rows)
    for arrival in changes.arrivals:
        _bring(opened, arrival, run_id)
    for relation in changes.sweep:
        _drop(opened, "staging", relation)
        opened.execute("delete from meta.staged where relation = %s", [relation])


def _remove(opened: psycopg.Connection, rows: Rows) -> None:
    slot = rows.slot
    if _is_partitioned(opened, slot.table):
        _drop(opened, slot.table.split(".")[0], rows.relation)
    else:
        opened.execute(sql.SQL("delete from {}").format(_named(slot.table)))
    opened.execute("delete from meta.loaded_partitions where table_name = %s and part = %s", [slot.table, slot.part])


def _bring(opened: psycopg.Connection, arrival: Arrival, run_id: str) -> None:
    rows, slot = arrival.rows, arrival.rows.slot
    if arrival.replaces is not None:
        _remove(opened, arrival.replaces)
    schema = slot.table.split(".")[0]
    names = {"target": _named(slot.table), "staged": sql.Identifier("staging", rows.relation)}
    if _is_partitioned(opened, slot.table):
        opened.execute(sql.SQL("alter table {staged} set schema {}").format(sql.Identifier(schema), **names))
        # Its check (part = n) spares the scan that ATTACH would make, and its indexes are already like the parent's.
        attach = sql.SQL("alter table {target} attach partition {moved} for values in ({part})")
        moved = sql.Identifier(schema, rows.relation)
        opened.execute(attach.format(**names, moved=moved, part=sql.Literal(slot.part)))
    else:
        opened.execute(sql.SQL("insert into {target} select * from {staged}").format(**names))
        _drop(opened, "staging", rows.relation)
    opened.execute("delete from meta.staged where relation = %s", [rows.relation])
    opened.execute(
        "insert into meta.loaded_partitions (table_name, part, relation, rows, content_digest, run_id) "
        "values (%s, %s, %s, %s, %s, %s)",
        [slot.table, slot.part, rows.relation, rows.rows, rows.content_digest, run_id],
    )


def _is_partitioned(opened: psycopg.Connection, table: str) -> bool:
    row = opened.execute("select relkind = 'p' from pg_class where oid = to_regclass(%s)", [table]).fetchone()
    return bool(row and row[0])


def _drop(opened: psycopg.Connection, schema: str, relation: str) -> None:
    opened.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(schema, relation)))


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
