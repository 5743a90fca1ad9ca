"""The loader's face to the pipeline, found through the entry point group `pqr.warehouse`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa
from psycopg.rows import dict_row

from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Manifest, Partition
from pqr_common.stage.values import StageInputs
from pqr_common.stage.worker import LakeContext
from pqr_common.tables.digest import content_digest
from pqr_common.tables.sql import sql_of
from pqr_loader import openlineage, postgres, publishing, recording
from pqr_loader.archive import unlike
from pqr_loader.comparison import differing_rows, worded
from pqr_loader.figures import show_figures
from pqr_loader.plan import Rows, Slot
from pqr_loader.postgres import connection
from pqr_loader.reference import REFERENCE
from pqr_loader.schema import MIRRORED, PARTITIONED, TABLES
from pqr_loader.stage import expected
from pqr_loader.staging import read_back, readable, reader

__all__ = ["WAREHOUSE", "Warehouse"]

OLDEST_SERVER = 150000  # PostgreSQL 15: the public schema is closed by default from here on
CLOCK_SKEW_SECONDS = 5


class Warehouse:
    """What the pipeline may ask of Postgres. Every method opens its own connection and leaves none behind."""

    def migrate(self, dsn: str) -> list[str]:
        """Apply pending migrations; returns their names."""
        return postgres.migrate(dsn)

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
        """One sentence for each thing in Postgres that is not as the manifests of this run say; empty when equal.

        All rows are read back: their number and digest by partition and, where those differ, row by row.
        """
        shown = self.published(dsn)
        if shown != run_id:
            return [f"Postgres must show run {run_id}, found {shown or 'none'}: run `pqr publish {run_id}`."]
        wanted = expected(_inputs(lake, run_id).manifests)
        said = _unknown_parts(dsn, wanted)
        with reader(dsn) as cursor:
            for rows, partitions in wanted.items():
                said += _slot_differences(cursor, rows, _Source(lake, run_id, partitions))
        return said or _archive_differences(dsn, run_id)

    def kpis(self, dsn: str) -> dict[str, Any]:
        """The row of `gold.kpi_executive`, and the run it is of; empty when nothing is published."""
        with connection(dsn) as opened:
            cursor = opened.cursor(row_factory=dict_row)
            row = cursor.execute("select * from meta.published, gold.kpi_executive").fetchone()
        names = ("run_id", *TABLES["gold.kpi_executive"].schema.names)
        return {} if row is None else {name: row[name] for name in names}

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
        found = [f"Postgres must be migrated, found {name} pending: run any stage." for name in postgres.pending(dsn)]
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


class _Source:
    """The rows a slot must mirror, read only when they are needed."""

    def __init__(self, lake: Lake, run_id: str, partitions: tuple[Partition, ...]) -> None:
        self.lake, self.run_id, self.partitions = lake, run_id, partitions

    def read(self, slot: Slot) -> pa.Table:
        if not self.partitions:
            return REFERENCE[slot.table]()
        bench = LakeContext(self.lake, self.run_id, None, None)  # type: ignore[arg-type]  # reading needs neither
        return bench.read(self.partitions[0])


def _inputs(lake: Lake, run_id: str) -> StageInputs:
    records = RunRecords(lake, run_id)
    manifests: dict[str, Manifest] = {layer: records.upstream(layer) for layer in ("silver", "gold")}
    return StageInputs(run_id, records.parameters(), manifests)


def _unknown_parts(dsn: str, wanted: Iterable[Rows]) -> list[str]:
    """Parts that hold rows and that no manifest names."""
    known = {rows.slot for rows in wanted}
    with connection(dsn) as opened:
        found = [
            Slot(table, part)
            for table in PARTITIONED
            for (part,) in opened.execute(f"select distinct part from {table}".encode())
        ]
    return [
        f"{slot.table} must hold only parts of the run, found rows in part {slot.part}: drop that partition."
        for slot in sorted(set(found) - known)
    ]


def _slot_differences(cursor: Any, rows: Rows, source: _Source) -> list[str]:
    slot = rows.slot
    contract = TABLES[slot.table]
    found = read_back(cursor, readable(slot), contract)
    if content_digest(found) == rows.content_digest:
        return []
    layer = MIRRORED.get(slot.table, ("the packaged law",))[0]
    differing = differing_rows(source.read(slot), found, contract.key)
    if not differing:
        return [f"{slot.table} part {slot.part} must hold each row once, found {found.num_rows} rows, not {rows.rows}."]
    return worded(slot, layer, differing, source.run_id)


def _archive_differences(dsn: str, run_id: str) -> list[str]:
    with connection(dsn) as opened:
        marts = unlike(opened, run_id)
    return [
        f"archive.{mart} must hold run {run_id} as gold.{mart} has it, found other rows: run `pqr publish {run_id}`."
        for mart in marts
    ]


WAREHOUSE = Warehouse()
