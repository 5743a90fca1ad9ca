"""What readers see: the state of core and gold, and the one transaction that changes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from pqr_common.errors import WarehouseUnavailable
from pqr_common.tables.sql import sql_of
from pqr_loader.archive import keep
from pqr_loader.plan import Arrival, Plan, Rows, Slot, Staged, planned
from pqr_loader.postgres import LOCK, connection, table_exists
from pqr_loader.schema import PARTITIONED

__all__ = ["Published", "published", "state", "swap"]

LOCK_TIMEOUT_MS = 60_000  # readers hold a page's worth of queries, so longer than this is a fault


@dataclass(frozen=True, slots=True)
class Published:
    """The run that core and gold show."""

    run_id: str
    as_of_day: date
    silver_digest: str
    gold_digest: str


def published(dsn: str) -> Published | None:
    """What readers see now; None in a database that was never loaded or migrated."""
    with connection(dsn, role=None) as opened:
        if not table_exists(opened, "meta.published"):
            return None
        row = opened.execute(sql_of("pqr_loader", "sql/published.sql")).fetchone()
    return Published(*row) if row else None


def state(opened: psycopg.Connection) -> tuple[list[Rows], list[Staged]]:
    """What is loaded, and what waits in staging."""
    loaded = opened.execute("select table_name, part, rows, content_digest, relation from meta.loaded_partitions")
    there = [Rows(Slot(table, part), rows, digest, relation) for table, part, rows, digest, relation in loaded]
    waiting = opened.execute("select table_name, part, content_digest, relation from meta.staged")
    return there, [Staged(Slot(table, part), digest, relation) for table, part, digest, relation in waiting]


def swap(dsn: str, must: Iterable[Rows], shown: Published) -> Plan:
    """Make core and gold hold exactly `must`, in one transaction that readers see whole or not at all."""
    with connection(dsn) as opened:
        opened.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        plan = planned(must, *state(opened))
        if plan.missing:
            raise WarehouseUnavailable(
                f"All rows must be staged before they are shown, found {len(plan.missing)} partitions gone, first "
                f"{plan.missing[0].table} part {plan.missing[0].part}: another load swept them; run `pqr retry`."
            )
        _carry_out(opened, plan, shown)
    return plan


def _carry_out(opened: psycopg.Connection, plan: Plan, shown: Published) -> None:
    if plan.changes_tables:
        opened.execute("select set_config('lock_timeout', %s, true)", [str(LOCK_TIMEOUT_MS)])
        # Readers of several tables hold meta.published, so it comes first; all tables are taken before any changes.
        opened.execute("lock table meta.published, core.tickets, core.ticket_events in access exclusive mode")
    for rows in plan.departures:
        _remove(opened, rows)
    for arrival in plan.arrivals:
        _bring(opened, arrival, shown.run_id)
    for relation in plan.sweep:
        _drop(opened, "staging", relation)
        opened.execute("delete from meta.staged where relation = %s", [relation])
    keep(opened, shown.run_id)
    opened.execute(
        sql_of("pqr_loader", "sql/publish.sql").encode(),
        [shown.run_id, shown.as_of_day, shown.silver_digest, shown.gold_digest],
    )


def _remove(opened: psycopg.Connection, rows: Rows) -> None:
    slot = rows.slot
    if slot.table in PARTITIONED:
        _drop(opened, "core", rows.relation)
    else:
        opened.execute(sql.SQL("delete from {}").format(_named(slot.table)))
    opened.execute("delete from meta.loaded_partitions where table_name = %s and part = %s", [slot.table, slot.part])


def _bring(opened: psycopg.Connection, arrival: Arrival, run_id: str) -> None:
    rows, slot = arrival.rows, arrival.rows.slot
    if arrival.replaces is not None:
        _remove(opened, arrival.replaces)
    names = {"target": _named(slot.table), "staged": sql.Identifier("staging", arrival.relation)}
    if slot.table in PARTITIONED:
        opened.execute(sql.SQL("alter table {staged} set schema core").format(**names))
        # Its check (part = n) spares the scan that ATTACH would make, and its indexes are already like the parent's.
        attach = sql.SQL("alter table {target} attach partition {moved} for values in ({part})")
        moved = sql.Identifier("core", arrival.relation)
        opened.execute(attach.format(**names, moved=moved, part=sql.Literal(slot.part)))
    else:
        opened.execute(sql.SQL("insert into {target} select * from {staged}").format(**names))
        _drop(opened, "staging", arrival.relation)
    opened.execute("delete from meta.staged where relation = %s", [arrival.relation])
    opened.execute(
        "insert into meta.loaded_partitions (table_name, part, relation, rows, content_digest, run_id) "
        "values (%s, %s, %s, %s, %s, %s)",
        [slot.table, slot.part, arrival.relation, rows.rows, rows.content_digest, run_id],
    )


def _drop(opened: psycopg.Connection, schema: str, relation: str) -> None:
    opened.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(schema, relation)))


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
