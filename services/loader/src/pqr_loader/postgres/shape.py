"""The shape of tables in Postgres: made from what manifests say of their datasets, widened later, never narrowed.

Tables are made by functions of the schema's owner (migration 008): whoever loads may make and widen tables of core,
gold and archive, and change nothing else about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from pqr_common import Check, sql_of
from pqr_common.errors import UpstreamBroken
from pqr_loader.mirror.tables import Table
from pqr_loader.postgres.connection import changing

__all__ = ["ensure", "lacking", "shown"]

TICKETS = "core.tickets"  # has indexes and views of its own
PART = {"part": "smallint"}
RUN = {"run_id": "text"}


def ensure(dsn: str, tables: Iterable[Table]) -> None:
    """See that each table is there with these columns at least; raises UpstreamBroken for a column of another type."""
    with changing(dsn) as opened:
        for table in tables:
            _shape(opened, table)
        there = shown(opened)
        for table in tables:
            _refuse_other_types(table, there[table.name])
        if TICKETS in there:
            opened.execute(sql_of("pqr_loader", "sql/tickets.sql").encode())


def shown(opened: psycopg.Connection) -> dict[str, dict[str, str]]:
    """The tables of core and gold, each with its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in opened.execute(sql_of("pqr_loader", "sql/columns.sql").encode()):
        found.setdefault(table, {})[column] = kind
    return found


def lacking(tables: Iterable[Table], there: Mapping[str, Mapping[str, str]]) -> list[Check]:
    """A warning for each table and each column that Postgres has and this run was made without: none, or null."""
    made = {table.name: table for table in tables}
    absent = {name: "no dataset" for name in there if name not in made}
    for name, table in made.items():
        absent |= {f"{name}.{column}": "no column" for column in there[name] if column not in table.names}
    return [
        Check(f"lacking_{name}", "completeness", "failed", said, "made by the run", severity="warning")
        for name, said in sorted(absent.items())
    ]


def _shape(opened: psycopg.Connection, table: Table) -> None:
    key, types = list(table.primary_key), table.types
    if table.is_partitioned:
        # Only a table's owner may attach its partitions. Identifiers are looked up by their beginning, in any locale.
        collated = {name: f'{kind} collate "C"' if kind == "text" else kind for name, kind in types.items()}
        is_wider = _call(opened, "shape", [*_placed(table.name, collated | PART), [*key, *PART], table.grain])
    else:
        is_wider = _call(opened, "shape_as_owner", [*_placed(table.name, types), key, table.grain])
    if table.archive:
        kept_key, grain = [*RUN, *key] if key else [], f"{table.grain}, of every run that was ever shown"
        _call(opened, "shape_as_owner", [*_placed(table.archive, RUN | types), kept_key, grain])
    if is_wider:
        _forget_staged(opened, table.name)


def _placed(table: str, types: Mapping[str, str]) -> list[Any]:
    return [*table.split("."), Jsonb([{"name": name, "type": kind} for name, kind in types.items()])]


def _call(opened: psycopg.Connection, function: str, arguments: list[Any]) -> bool:
    """Whether a table that was there became wider."""
    statement = sql.SQL("select meta.{}(%s, %s, %s, %s, %s)").format(sql.Identifier(function))
    row = opened.execute(statement, arguments).fetchone()
    return bool(row and row[0])


def _forget_staged(opened: psycopg.Connection, table: str) -> None:
    """What an earlier load staged for a narrower table does not fit any more."""
    for (relation,) in opened.execute("delete from meta.staged where table_name = %s returning relation", [table]):
        opened.execute(sql.SQL("drop table if exists {}").format(sql.Identifier("staging", relation)))


def _refuse_other_types(table: Table, there: Mapping[str, str]) -> None:
    differing = [f"{name} {there[name]} and not {kind}" for name, kind in table.types.items() if there[name] != kind]
    if differing:
        raise UpstreamBroken(
            f"The columns of {table.name} must be of the types of {table.source or 'the packaged law'}, found "
            f"{', '.join(differing)}: write a migration of the loader that changes them."
        )
