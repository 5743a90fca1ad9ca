"""Rows that move within Postgres, from staging into what readers see: only those that differ, one by one."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from pqr_common import Check
from pqr_loader.mirror.changes import ADDED, Difference, added_name
from pqr_loader.mirror.tables import Table

__all__ = ["BY_KEY", "exchanged", "moved"]

# Rows that move are few and found by key: without this, all of a large table would be read for them.
BY_KEY = b"set local random_page_cost = 1.0", b"set local enable_hashjoin = off", b"set local enable_mergejoin = off"
_MAKE = sql.SQL("create table if not exists {part} partition of {table} for values in ({added})")
_TAKE = sql.SQL(
    "delete from {table} as shown using {staged} as gone where shown.part = gone.part and {keys} "
    "and ({shown}) is not distinct from ({gone})"
)
_PUT = sql.SQL("insert into {table} ({columns}, part) select {columns}, {added} from {staged}")
_COUNT = sql.SQL(
    "select count(*) from {table} as shown, {staged} as gone where shown.part = {added} and {keys} "
    "and ({shown}) is not distinct from ({gone})"
)
# Rows are told apart by all their columns and equal ones are counted, so that a table with any rows comes out right.
# Those that leave are found by a hash of all columns, which sorts them once; _ALTERED would notice two of one hash.
_NONE = sql.SQL("select * from {table} limit 0")
_LEAVE = sql.SQL(
    "with gone as materialized (select hash_record_extended(differing, 0) as hash, count(*) from ("
    "select {columns} from {table} except all select {columns} from {staged}) as differing group by hash), "
    "found as (select place, nth, count from (select shown.ctid as place, hash, "
    "row_number() over (partition by hash) as nth from (select ctid, hash_record_extended(row({columns}), 0) as hash "
    "from {table}) as shown where hash in (select hash from gone)) as numbered join gone using (hash)) "
    "delete from {table} where ctid = any (array(select place from found where nth <= count))"
)
_ALTERED = sql.SQL(
    "select abs((select count(*) from {table}) - (select count(*) from {staged})) + count(*) from ("
    "select {columns} from {table} except all select {columns} from {staged}) as differing"
)
_ENTER = sql.SQL(
    "insert into {table} ({columns}) select {columns} from {staged} except all select {columns} from {table}"
)


def moved(opened: psycopg.Connection, difference: Difference, table: Table) -> list[Check]:
    """Take away and put in the rows of a difference; the checks compare how many with how many were staged."""
    checks = []
    for setting in BY_KEY:
        opened.execute(setting)
    for rows in difference.gone[:1]:
        staged = sum(each.rows for each in difference.gone)
        taken = opened.execute(_composed(_TAKE, table, rows.relation)).rowcount
        checks.append(Check.equal(f"deleted_{table.name}_is_staged", taken, staged))
    for rows in difference.come:
        opened.execute(_composed(_MAKE, table, rows.relation))
        opened.execute(_composed(_PUT, table, rows.relation))
        row = opened.execute(_composed(_COUNT, table, rows.relation)).fetchone()
        checks.append(Check.equal(f"inserted_{table.name}_is_staged", row[0] if row else 0, rows.rows))
    return checks


def exchanged(opened: psycopg.Connection, table: str, relation: str) -> dict[str, int]:
    """Make a small table equal to a staged one; rows that are in both are not written. How many were it tells.

    `altered` counts rows in which both differ nevertheless, as when a trigger of somebody's changes what is inserted.
    """
    with opened.cursor() as cursor:
        columns = [column.name for column in cursor.execute(_NONE.format(table=_named(table))).description or ()]
        named = {"table": _named(table), "staged": sql.Identifier("staging", relation), "columns": _listed(columns)}
        deleted = cursor.execute(_LEAVE.format(**named)).rowcount
        inserted = cursor.execute(_ENTER.format(**named)).rowcount
        row = cursor.execute(_ALTERED.format(**named)).fetchone()
    return {"deleted": deleted, "inserted": inserted, "altered": row[0] if row else 0}


def _composed(statement: sql.SQL, table: Table, relation: str) -> sql.Composed:
    schema, _ = table.name.split(".")
    keys = [sql.SQL("shown.{name} = gone.{name}").format(name=sql.Identifier(name)) for name in table.primary_key]
    return statement.format(
        table=_named(table.name),
        part=sql.Identifier(schema, added_name(table.name)),
        staged=sql.Identifier("staging", relation),
        added=sql.Literal(ADDED),
        columns=_listed(table.names),
        shown=_listed(table.names, "shown"),
        gone=_listed(table.names, "gone"),
        keys=sql.SQL(" and ").join(keys),
    )


def _listed(names: Iterable[str], *prefix: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*prefix, name) for name in names)


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
