"""The marts of every run that was shown, kept in `archive` under the run's id while `gold` moves on to another run."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from pqr_loader.mirror.tables import Table

__all__ = ["keep", "unlike"]

# Unequal numbers spare the comparison of rows, which is what a run that was never kept comes to.
_DIFFERS = sql.SQL(
    "with gold as (select {columns} from {gold}), kept as (select {columns} from {archive} where run_id = {run}) "
    "select case when (select count(*) from gold) <> (select count(*) from kept) then true "
    "else exists (select * from gold except all select * from kept) end"
)
_FORGET = sql.SQL("delete from {archive} where run_id = {run}")
_KEEP = sql.SQL("insert into {archive} (run_id, {columns}) select {run}, {columns} from {gold}")


def unlike(opened: psycopg.Connection, run_id: str, tables: Iterable[Table]) -> list[Table]:
    """The marts among these tables whose kept rows of this run are not what gold holds now."""
    return [table for table in tables if table.archive and _one(opened, _composed(_DIFFERS, table, run_id))]


def keep(opened: psycopg.Connection, run_id: str, tables: Iterable[Table]) -> None:
    """Keep what gold holds as this run's; what is kept already is not written again."""
    for table in unlike(opened, run_id, tables):
        opened.execute(_composed(_FORGET, table, run_id))
        opened.execute(_composed(_KEEP, table, run_id))


def _composed(statement: sql.SQL, table: Table, run_id: str) -> sql.Composed:
    return statement.format(
        columns=sql.SQL(", ").join(sql.Identifier(name) for name in table.names),
        gold=sql.Identifier(*table.name.split(".")),
        archive=sql.Identifier(*str(table.archive).split(".")),
        run=sql.Literal(run_id),
    )


def _one(opened: psycopg.Connection, statement: sql.Composed) -> bool:
    row = opened.execute(statement).fetchone()
    return bool(row and row[0])
