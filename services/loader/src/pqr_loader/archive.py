"""The marts of every run that was shown, kept in `archive` under the run's id while `gold` moves on to another run."""

from __future__ import annotations

import psycopg
from psycopg import sql

from pqr_loader.schema import MARTS, TABLES

__all__ = ["keep", "unlike"]

# Unequal numbers spare the comparison of rows, which is what a run that was never kept comes to.
_DIFFERS = sql.SQL(
    "with gold as (select {columns} from {gold}), kept as (select {columns} from {archive} where run_id = {run}) "
    "select case when (select count(*) from gold) <> (select count(*) from kept) then true "
    "else exists (select * from gold except all select * from kept) end"
)
_FORGET = sql.SQL("delete from {archive} where run_id = {run}")
_KEEP = sql.SQL("insert into {archive} (run_id, {columns}) select {run}, {columns} from {gold}")


def unlike(opened: psycopg.Connection, run_id: str) -> list[str]:
    """The marts whose kept rows of this run are not what gold holds now."""
    return [mart for mart in MARTS if _one(opened, _composed(_DIFFERS, mart, run_id))]


def keep(opened: psycopg.Connection, run_id: str) -> None:
    """Keep what gold holds as this run's; what is kept already is not written again."""
    for mart in unlike(opened, run_id):
        opened.execute(_composed(_FORGET, mart, run_id))
        opened.execute(_composed(_KEEP, mart, run_id))


def _composed(statement: sql.SQL, mart: str, run_id: str) -> sql.Composed:
    columns = [sql.Identifier(name) for name in TABLES[f"gold.{mart}"].schema.names]
    return statement.format(
        columns=sql.SQL(", ").join(columns),
        gold=sql.Identifier("gold", mart),
        archive=sql.Identifier("archive", mart),
        run=sql.Literal(run_id),
    )


def _one(opened: psycopg.Connection, statement: sql.Composed) -> bool:
    row = opened.execute(statement).fetchone()
    return bool(row and row[0])
