"""The loader's face to the pipeline, found through the entry point group `pqr.warehouse`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from psycopg import sql
from psycopg.rows import dict_row

from pqr_common import Lake, Partition, RunRecords, parquet_table, sql_of
from pqr_loader import openlineage
from pqr_loader.figures import show_figures
from pqr_loader.mirror.changes import Slot
from pqr_loader.mirror.comparison import differing_rows, worded
from pqr_loader.mirror.pieces import Piece, pieces
from pqr_loader.mirror.tables import Table
from pqr_loader.mirror.wanted import expected, tables_of
from pqr_loader.postgres import publishing, recording
from pqr_loader.postgres.archive import unlike
from pqr_loader.postgres.connection import connection, migrate, pending, table_exists
from pqr_loader.postgres.shape import shown
from pqr_loader.postgres.staging import reader, seen, seen_digest
from pqr_loader.sources import rows_of
from pqr_loader.stage import inputs_for

__all__ = ["WAREHOUSE", "Warehouse"]

OLDEST_SERVER = 150000  # PostgreSQL 15: the public schema is closed by default from here on
CLOCK_SKEW_SECONDS = 5


class Warehouse:
    """What the pipeline may ask of Postgres. Every method opens its own connection and leaves none behind."""

    def migrate(self, dsn: str) -> list[str]:
        """Apply pending migrations; returns their names."""
        return migrate(dsn)

    def record(self, lake: Lake, run_id: str, dsn: str) -> None:
        """Copy a run's manifests and attempts into `meta`, whatever its state; twice changes nothing."""
        recording.record(lake, run_id, dsn)

    def published(self, dsn: str) -> str | None:
        """The run that core and gold show."""
        shown = publishing.published(dsn)
        return shown.run_id if shown else None

    def show_figures(self, dsn: str) -> bool:
        """Set this process's metrics to the published run's figures; False when Postgres does not tell."""
        return show_figures(dsn)

    def differences(self, lake: Lake, run_id: str, dsn: str) -> list[str]:
        """One sentence per thing in Postgres that is not as the manifests of this run say; empty when equal.

        All rows are read back: their number and digest by partition and, where those differ, row by row.
        """
        told = self.published(dsn)
        if told != run_id:
            return [f"Postgres must show run {run_id}, found {told or 'none'}: run `pqr publish {run_id}`."]
        manifests = inputs_for(RunRecords(lake, run_id)).manifests
        wanted, tables = expected(manifests), tables_of(manifests)
        with connection(dsn) as opened:
            loaded, _ = publishing.state(opened)
        compared = list(pieces(wanted, loaded))
        said = _unknown_rows(dsn, compared, tables=tables, run_id=run_id)
        with reader(dsn) as cursor:
            for piece in compared:
                partitions = tuple(partition for rows in piece.wanted for partition in wanted[rows])
                said += _piece_differences(cursor, piece, _Source(lake, run_id, tables[piece.table], partitions))
        return said or _archive_differences(dsn, run_id, tables)

    def kpis(self, dsn: str) -> dict[str, Any]:
        """The row of `gold.kpi_executive`, and the run it is of; empty when nothing is published."""
        with connection(dsn) as opened:
            if not table_exists(opened, "gold.kpi_executive"):
                return {}
            cursor = opened.cursor(row_factory=dict_row)
            row = cursor.execute("select run_id, kpi_executive.* from meta.published, gold.kpi_executive").fetchone()
        return row or {}

    def rows(self, dsn: str, table: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of a table (`schema.name`) whose columns have these values; none where the table is not there."""
        with connection(dsn) as opened:
            if not table_exists(opened, table):
                return []
            name = sql.Identifier(*table.split("."))
            held = sql.SQL(" and ").join(sql.SQL("{} = {}").format(sql.Identifier(n), v) for n, v in values.items())
            cursor = opened.cursor(row_factory=dict_row)
            return cursor.execute(sql.SQL("select * from {} where {}").format(name, held)).fetchall()

    def openlineage(self, run_id: str, dsn: str) -> list[dict[str, Any]]:
        """The run's records as OpenLineage run events."""
        tables: dict[str, list[dict[str, Any]]] = {}
        with connection(dsn) as opened:
            cursor = opened.cursor(row_factory=dict_row)
            for table in openlineage.TABLES:
                rows = cursor.execute(f"select * from {table} where run_id = %s".encode(), [run_id])
                tables[table] = rows.fetchall()
        return openlineage.events(tables)

    def examine(self, dsn: str, *, now: datetime) -> list[str]:
        """What `pqr doctor` should say about this Postgres; `now` is the caller's clock, in UTC."""
        found = [f"Postgres must be migrated, found {name} pending: run any stage." for name in pending(dsn)]
        if found:
            return found
        with connection(dsn) as opened:
            row = opened.execute("select current_setting('server_version_num')::int, clock_timestamp()").fetchone()
            faults = opened.execute(sql_of("pqr_loader", "sql/privileges.sql").encode()).fetchall()
        version, clock = row or (0, now)
        if version < OLDEST_SERVER:
            found.append(f"Postgres must be 15 or newer, found {version // 10000}: upgrade it.")
        if (skew := abs((clock - now).total_seconds())) > CLOCK_SKEW_SECONDS:
            found.append(f"Postgres and this machine must agree on the time, found {skew:.0f} s apart: use NTP.")
        found += [
            f"A reading role must read core, gold, archive and meta alone, found that {role} {fault} {table}: "
            f"mend the grants."
            for role, table, fault in faults
        ]
        return found


@dataclass(frozen=True, slots=True)
class _Source:
    """The rows a piece must mirror, read only when they are needed."""

    lake: Lake
    run_id: str
    table: Table
    partitions: tuple[Partition, ...]

    def read(self) -> pa.Table:
        return rows_of(self.table, self.partitions, lambda partition: parquet_table(self.lake.read(partition)))


def _unknown_rows(dsn: str, compared: Iterable[Piece], *, tables: Mapping[str, Table], run_id: str) -> list[str]:
    """Parts that hold rows and that no manifest names, and rows of tables that the run was made without."""
    known = {slot for piece in compared for slot in piece.slots}
    with connection(dsn) as opened:
        parts = [
            Slot(name, part)
            for name, table in tables.items()
            if table.is_partitioned
            for (part,) in opened.execute(f"select distinct part from {name}".encode())
        ]
        filled = [
            name
            for name in shown(opened)
            if name not in tables and opened.execute(f"select from {name} limit 1".encode()).fetchone() is not None
        ]
    return [
        f"{slot.table} must hold only parts of the run, found rows in part {slot.part}: drop that partition."
        for slot in sorted(set(parts) - known)
    ] + [
        f"{name} must be empty, since run {run_id} was made without it, found rows: run `pqr publish {run_id}`."
        for name in filled
    ]


def _piece_differences(cursor: Any, piece: Piece, source: _Source) -> list[str]:
    table = source.table
    if seen_digest(cursor, table, piece.slots) == piece.content_digest:
        return []
    found = pa.concat_tables(seen(cursor, table, slot.part) for slot in piece.slots)
    layer = table.source.split("/")[0] or "the packaged law"
    differing = differing_rows(source.read(), found, table.key)
    if not differing:
        return [f"{piece.name} must hold each row once, found {found.num_rows} rows, not {piece.rows}."]
    return worded(piece.name, differing, layer=layer, run_id=source.run_id)


def _archive_differences(dsn: str, run_id: str, tables: Mapping[str, Table]) -> list[str]:
    with connection(dsn) as opened:
        differing = unlike(opened, run_id, tables.values())
    return [
        f"{table.archive} must hold run {run_id} as {table.name} has it, found other rows: run `pqr publish {run_id}`."
        for table in differing
    ]


WAREHOUSE = Warehouse()
