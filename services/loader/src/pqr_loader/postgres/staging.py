"""One partition on its way into Postgres: copied into a table of its own, indexed, read back and held to its digest.

What a worker's connection stages is one transaction, so a staged table is either complete and recorded in
`meta.staged` or not there at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcDatabase, dbapi
from adbc_driver_postgresql import _driver_path

from pqr_common import content_digest, sql_of
from pqr_common.errors import VerificationFailed
from pqr_loader.mirror.changes import ADDED, Rows, Slot, staging_name, total
from pqr_loader.mirror.tables import Table
from pqr_loader.postgres.connection import LOADER, door

__all__ = ["one_at_a_time", "read_back", "reader", "seen", "seen_digest", "staged", "wait"]

SETTINGS = {
    "timezone": "UTC",
    "role": LOADER,
    "maintenance_work_mem": "128MB",
    "max_parallel_maintenance_workers": "0",  # the workers are the parallelism
    "default_statistics_target": "10",  # measured: the default of 100 costs more than the copy; autovacuum refines it
}


def staged(cursor: Any, table: Table, rows: Rows, *, read: Callable[[], pa.Table]) -> None:
    """See that these rows of a table are loaded or wait in staging; `read` gives them and is called when neither is so.

    They wait once the caller has committed. Raises VerificationFailed when Postgres gives back other rows.
    """
    loaded = _loaded_relation(cursor, rows)
    if loaded and content_digest(seen(cursor, table, rows.slot.part)) == rows.content_digest:
        return
    wait(cursor, table, replace(rows, relation=staging_name(rows.slot, rows.content_digest, taken=loaded)), read=read)


def wait(cursor: Any, table: Table, rows: Rows, *, read: Callable[[], pa.Table]) -> None:
    """See that these rows wait in their relation of staging."""
    one_at_a_time(cursor, rows.relation)
    recorded = (rows.relation, rows.content_digest)
    cursor.execute("select from meta.staged where relation = $1 and content_digest = $2", recorded)
    if not cursor.fetchall():
        _fill(cursor, table, rows, given=read())


def one_at_a_time(cursor: Any, name: str) -> None:
    """Two workers may be given the same rows: the second waits here, and finds them staged."""
    cursor.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", (f"staging.{name}",))
    cursor.fetchall()


@contextmanager
def reader(dsn: str) -> Iterator[Any]:
    """A cursor of an Arrow-speaking connection under the loader's role; rolled back unless committed."""
    with door(dsn), _connected(_database(dsn)) as connection, connection.cursor() as cursor:
        for name, value in SETTINGS.items():
            cursor.execute(f"set {name} = '{value}'")
        connection.commit()
        yield cursor


def seen(cursor: Any, table: Table, part: int) -> pa.Table:
    """The rows of a table, or of a part of a partitioned one, the way readers see them."""
    where = f" where part = {part}" if table.is_partitioned else ""
    return read_back(cursor, f"{table.name}{where}", table.schema)


def seen_digest(cursor: Any, table: Table, slots: Iterable[Slot]) -> str:
    """Of the rows in these slots, read again."""
    tables = ((slot, seen(cursor, table, slot.part)) for slot in slots)
    return total(Rows(slot, rows.num_rows, content_digest(rows)) for slot, rows in tables)


class _KeptDatabase(AdbcDatabase):
    """What the driver read of the catalogue. It is no connection, but one that closes would close it as well."""

    def close(self) -> None: ...


@cache
def _database(dsn: str) -> AdbcDatabase:
    """Once a process: reading the catalogue costs more than ten times what connecting does."""
    return _KeptDatabase(driver=_driver_path(), uri=dsn)


def _connected(database: AdbcDatabase) -> dbapi.Connection:
    return dbapi.Connection(database, AdbcConnection(database))


def _loaded_relation(cursor: Any, rows: Rows) -> str:
    """The relation these rows were loaded as; empty when the slot holds others or none."""
    cursor.execute(
        "select relation from meta.loaded_partitions where table_name = $1 and part = $2 and content_digest = $3",
        (rows.slot.table, rows.slot.part, rows.content_digest),
    )
    found = cursor.fetchone()
    return str(found[0]) if found else ""


def _fill(cursor: Any, table: Table, rows: Rows, *, given: pa.Table) -> None:
    slot, name = rows.slot, rows.relation
    relation = f"staging.{name}"
    cursor.execute(f"create table {relation} (like {slot.table} including defaults including constraints)")
    if table.is_partitioned:
        cursor.execute(f"alter table {relation} alter part set default {slot.part}, add check (part = {slot.part})")
    if given.num_rows:
        cursor.adbc_ingest(name, given.select(table.schema.names), mode="append", db_schema_name="staging")
    if table.is_partitioned and slot.part != ADDED:
        _index(cursor, relation, slot.table)
    # Not compared with what was given: this proves the whole way, from the table that its stage digested.
    found = read_back(cursor, relation, table.schema)
    digest = content_digest(found)
    if digest != rows.content_digest:
        raise VerificationFailed(
            f"Postgres must give back the rows it was given, found digest {digest} instead of {rows.content_digest} in "
            f"{relation}: nothing was loaded; run `pqr verify`, then `pqr retry`."
        )
    cursor.execute(f"analyze {relation}")
    cursor.execute(
        "insert into meta.staged (relation, table_name, part, rows, content_digest) values ($1, $2, $3, $4, $5)",
        (name, slot.table, slot.part, found.num_rows, digest),
    )


def read_back(cursor: Any, relation: str, schema: pa.Schema) -> pa.Table:
    """The rows of a relation with exactly these columns and types."""
    columns = ", ".join(f'"{name}"' for name in schema.names)
    cursor.execute(f"select {columns} from {relation}")
    found = cursor.fetch_arrow_table()
    arrays = [_plain(found.column(field.name)).cast(field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _index(cursor: Any, relation: str, parent: str) -> None:
    """The parent's primary key and indexes, so that ATTACH finds them made; what is never attached needs none."""
    cursor.execute(sql_of("pqr_loader", "sql/indexes.sql"), (parent,))
    for constraint, definition in cursor.fetchall():
        if constraint is not None:
            cursor.execute(f"alter table {relation} add {constraint}")
        else:
            cursor.execute(f"create index on {relation} using {definition}")


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers of arbitrary precision come as text in an extension type; their text is exact."""
    if isinstance(column.type, pa.BaseExtensionType):
        return pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    return column
