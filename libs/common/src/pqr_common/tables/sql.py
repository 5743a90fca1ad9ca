"""DuckDB as a calculator: SQL over Arrow tables it is handed, in memory, with no door to the outside."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import duckdb
import pyarrow as pa

__all__ = ["QueryFailed", "query", "sql_of"]

_local = threading.local()


class QueryFailed(ValueError):
    """The rows handed in did not suit the query; DuckDB's own error is its cause."""


def query(sql: str, parameters: Mapping[str, Any] | None = None, /, **relations: pa.Table) -> pa.Table:
    """Run one `select` over the named Arrow tables; `$name` in the text takes the parameter of that name.

    One thread a call: Dask decides how many calls run at once. Time zone is UTC. Raises QueryFailed.
    """
    connection = _connection()
    for name, table in relations.items():
        connection.register(name, table)
    try:
        return connection.sql(sql, params=dict(parameters or {})).to_arrow_table()
    except (duckdb.Error, UnicodeDecodeError) as error:  # its complaint may quote half a character
        raise QueryFailed(str(error)) from error
    finally:
        for name in relations:
            connection.unregister(name)


@cache
def sql_of(package: str, path: str) -> str:
    """The text of an SQL file packaged beside the code that runs it."""
    return resources.files(package).joinpath(path).read_text(encoding="utf-8")


def _connection() -> duckdb.DuckDBPyConnection:
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = duckdb.connect(":memory:", config={"threads": 1, "enable_external_access": False})
        connection.execute("set timezone = 'UTC'")
        connection.execute("set python_enable_replacements = false")
        connection.execute("set enable_progress_bar = false")  # it would stand between what a command says
        connection.execute("set lock_configuration = true")
        _local.connection = connection
    return connection
