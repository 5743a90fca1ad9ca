"""What readers see: the state of core and gold, and the one transaction that changes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
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
from pqr_loader.postgres.moving import exchanged, moved
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
        [Rows(Slot(table, part), *rest) for table, part, *rest in opened.execute(f"select {which}".encode())]
        for which in (f"{columns} from meta.loaded_partitions", f"{columns}, sign from meta.staged")
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
        moves, altered = _carry_out(opened, changes, {table.name: table for table in tables})
        _record(opened, changes, shown_as.run_id)
        keep(opened, shown_as.run_id, tables)
        opened.execute(
            sql_of("pqr_loader", "sql/publish.sql").encode(), [shown_as.run_id, shown_as.as_of_day, shown_as.digest]
        )
        checks = moves + reconciled(must, _held(opened, [table for table in tables if table.name in altered]), tables)
        if any(check.status == "failed" for check in checks):
            opened.rollback()
        return checks + lacking(tables, shown(opened))


def _held(opened: psycopg.Connection, altered: Collection[Table]) -> list[Rows]:
    """What the tables hold now: what a worker read back from staging, unless it was altered on its way from there."""
    loaded, _ = state(opened)
    return [rows for rows in loaded if rows.slot.table not in {table.name for table in altered}] + [
        Rows(Slot(table.name), found.num_rows, content_digest(found))
        for table in altered
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


def _carry_out(
    opened: psycopg.Connection, changes: Changes, tables: Mapping[str, Table]
) -> tuple[list[Check], set[str]]:
    """Make the changes; the checks tell how many rows were deleted and inserted for it.

    The names are of small tables that hold other rows than were staged for them.
    """
    if changes.tables:
        # Readers of several tables hold meta.published, so it comes first; tables whose parts come or go are taken
        # before any changes. Where single rows move, vacuum and readers of one table need not wait.
        locked = ["meta.published", *(table for table in changes.rearranged if _is_partitioned(opened, table))]
        listed = sql.SQL(", ").join(map(_named, locked))
        opened.execute(sql.SQL("lock table {} in access exclusive mode").format(listed))
    touched: Counter[str] = Counter()
    altered = set()
    for rows in changes.departures:
        _remove(opened, rows)
        touched["deleted"] += rows.rows
    for arrival in changes.arrivals:
        told = _bring(opened, arrival)
        touched.update(told)
        altered |= {arrival.rows.slot.table} if told.get("altered") else set()
    checks = []
    for difference in changes.differences:
        checks += moved(opened, difference, tables[difference.table])
        touched["deleted"] += sum(rows.rows for rows in difference.gone)
        touched["inserted"] += sum(rows.rows for rows in difference.come)
    checks += [
        Check(f"rows_{change}", "completeness", "passed", touched[change], "as few as differ")
        for change in ("deleted", "inserted")
    ]
    return checks, altered


def _remove(opened: psycopg.Connection, rows: Rows) -> None:
    table = rows.slot.table
    if _is_partitioned(opened, table):
        _drop(opened, table.split(".")[0], rows.relation)
    else:
        opened.execute(sql.SQL("delete from {}").format(_named(table)))


def _bring(opened: psycopg.Connection, arrival: Arrival) -> dict[str, int]:
    """How many rows it deleted and inserted."""
    rows, slot = arrival.rows, arrival.rows.slot
    if not _is_partitioned(opened, slot.table):
        return exchanged(opened, slot.table, rows.relation)
    if arrival.replaces is not None:
        _remove(opened, arrival.replaces)
    schema = slot.table.split(".")[0]
    staged, moved_there = sql.Identifier("staging", rows.relation), sql.Identifier(schema, rows.relation)
    opened.execute(sql.SQL("alter table {} set schema {}").format(staged, sql.Identifier(schema)))
    # Its check (part = n) spares the scan that ATTACH would make, and its indexes are already like the parent's.
    attach = sql.SQL("alter table {} attach partition {} for values in ({})")
    opened.execute(attach.format(_named(slot.table), moved_there, sql.Literal(slot.part)))
    return {"deleted": arrival.replaces.rows if arrival.replaces else 0, "inserted": rows.rows}


def _record(opened: psycopg.Connection, changes: Changes, run_id: str) -> None:
    """Write down what the slots hold now; what was staged was used, or nobody will."""
    for rows in changes.departures:
        where = [rows.slot.table, rows.slot.part]
        opened.execute("delete from meta.loaded_partitions where table_name = %s and part = %s", where)
    arrived = [arrival.rows for arrival in changes.arrivals]
    left = [rows for difference in changes.differences for rows in difference.left]
    for rows in (*arrived, *left):
        opened.execute(
            sql_of("pqr_loader", "sql/hold.sql").encode(),
            [rows.slot.table, rows.slot.part, rows.relation, rows.rows, rows.content_digest, run_id],
        )
    for relation in {*changes.sweep, *changes.used}:
        _drop(opened, "staging", relation)
        opened.execute("delete from meta.staged where relation = %s", [relation])


def _is_partitioned(opened: psycopg.Connection, table: str) -> bool:
    row = opened.execute("select relkind = 'p' from pg_class where oid = to_regclass(%s)", [table]).fetchone()
    return bool(row and row[0])


def _drop(opened: psycopg.Connection, schema: str, relation: str) -> None:
    opened.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(schema, relation)))


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
