"""The read-only door to Postgres: marts and named queries with parameters in, data frames out.

One thing goes in: who read which mail, by a function that can do nothing else.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql
from psycopg.types.numeric import FloatLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from pqr_common.errors import WarehouseUnavailable
from pqr_dashboard.journey import cells
from pqrs import calendar

__all__ = ["ROLE", "NotPublished", "Warehouse"]

ROLE = "pqr_dashboard"
STATEMENT_TIMEOUT_SECONDS = 15
CONNECT_TIMEOUT_SECONDS = 5
# For a free connection: before and after asking whether the server is there.
IMPATIENCE_SECONDS, PATIENCE_SECONDS = 1, 15
CONNECTIONS = 4
ROWS_AT_A_TIME = 5_000
DATE, TIMESTAMP = 1082, 1184  # type numbers of Postgres
NUMBERS = (20, 21, 23, 701, 1700)  # bigint, smallint, integer, double precision, numeric
MART = re.compile(r"[a-z][a-z0-9_]*")
KEPT = sql.SQL("select * from archive.{} where run_id = %s")
RECORD = "select meta.record_readings(%(person)s, %(role)s, %(run_id)s, %(ticket_id)s, %(messages)s)"
SHOWN = sql.SQL("select * from core.{} where exists (select from meta.published where run_id = %s)")


class NotPublished(WarehouseUnavailable):
    """Postgres is there, and holds no tables to read from: nothing was ever loaded."""


class Warehouse:
    """A small pool of connections that can read and do nothing else; safe to share between threads.

    Frames have dates as datetime64 without zone, instants in Bogotá's, and numbers that are missing as NaN.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._pool = ConnectionPool(
            dsn,
            kwargs={"connect_timeout": CONNECT_TIMEOUT_SECONDS, "application_name": "pqr-dashboard"},
            min_size=0,
            max_size=CONNECTIONS,
            max_idle=300,
            reconnect_timeout=CONNECT_TIMEOUT_SECONDS,
            configure=_hold_to_reading,
            check=ConnectionPool.check_connection,
            open=True,
        )

    def read(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The rows of sql/<name>.sql with its %(named)s parameters; raises WarehouseUnavailable, NotPublished."""
        with _translated(f"sql/{name}.sql"), self._connection() as opened:
            return _frame(opened.execute(_sql(name), parameters))

    def tickets(self, name: str, condition: str, **parameters: Any) -> pd.DataFrame:
        """The same of a query over the tickets `asked` for (sql/asked.sql), all or those of which a condition holds."""
        with _translated(f"sql/{name}.sql"), self._connection() as opened:
            return _frame(opened.execute(_of_tickets(name, condition), parameters))

    def every_ticket(self, condition: str, **parameters: Any) -> Iterator[pd.DataFrame]:
        """All tickets asked for, some thousands at a time, so that no process ever holds them all."""
        with _translated("sql/tickets_all.sql"), self._connection() as opened, opened.cursor(name="tickets") as cursor:
            cursor.execute(_of_tickets("tickets_all", condition), parameters)
            while rows := cursor.fetchmany(ROWS_AT_A_TIME):
                yield _frame(cursor, rows)

    def cells(self, mart: str, **parameters: Any) -> pd.DataFrame:
        """The rows of a mart that count a ticket, by their names, and in which columns (`cells.counting`)."""
        query = b"with standing as (\n%b), %b" % (_sql("standing"), cells.counting(mart).encode())
        with _translated(f"the mart {mart}"), self._connection() as opened:
            return _frame(opened.execute(query, parameters))

    def mart(self, name: str, run_id: str) -> pd.DataFrame:
        """The rows a run has in archive.<name>, in no order, with whatever columns gold's contract gave the mart.

        A mart that is too large to be kept for every run is in core.<name>, which has the published run's alone. None,
        and no columns either, where no run was ever shown that had such a mart.
        """
        if not MART.fullmatch(name):
            raise ValueError(f"A mart is named in lower case, found {name!r}.")
        with _translated(f"the mart {name}"), self._connection() as opened:
            for query in (KEPT, SHOWN):
                try:
                    return _frame(opened.execute(query.format(sql.Identifier(name)), [run_id]))
                except psycopg.errors.UndefinedTable:
                    opened.rollback()
        return pd.DataFrame()

    def record_readings(self, messages: Sequence[str], *, person: str, role: str, run_id: str, ticket_id: str) -> None:
        """Write down that somebody reads these mails of a ticket, now; raises WarehouseUnavailable where it is not."""
        said = {"person": person, "role": role, "run_id": run_id, "ticket_id": ticket_id, "messages": list(messages)}
        with _translated("meta.record_readings"), self._connection() as opened:
            opened.execute("set transaction read write")  # of this one alone
            opened.execute(RECORD, said)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        """One of the pool; when none is to be had at once, a server that is away says so at once."""
        with contextlib.ExitStack() as held:
            try:
                opened = held.enter_context(self._pool.connection(timeout=IMPATIENCE_SECONDS))
            except PoolTimeout:
                psycopg.connect(self._dsn, connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
                opened = held.enter_context(self._pool.connection(timeout=PATIENCE_SECONDS))
            yield opened

    def close(self) -> None:
        self._pool.close()


def _hold_to_reading(opened: psycopg.Connection) -> None:
    """Step down to the reader's role, whoever the DSN connects as."""
    opened.adapters.register_loader("numeric", FloatLoader)
    opened.execute(f"set role {ROLE}")
    opened.execute("set default_transaction_read_only = on")
    opened.execute("set plan_cache_mode = force_custom_plan")  # filters that are not given should cost nothing
    opened.execute(f"set statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'")
    opened.execute(f"set timezone = '{calendar.TIMEZONE}'")
    opened.commit()


@cache
def _sql(name: str) -> bytes:
    return resources.files("pqr_dashboard").joinpath("sql", f"{name}.sql").read_bytes()


def _of_tickets(name: str, condition: str) -> bytes:
    """Postgres reads this as one query: what is not asked for costs nothing."""
    source = b"select * from core.tickets_as_of"
    if condition:
        within = b"with standing as (\n%b)\n%bwhere %b"
        source = within % (_sql("standing"), _sql("seen"), condition.encode())
    return b"with seen as (\n%b\n), asked as (\n%b)\n%b" % (source, _sql("asked"), _sql(name))


def _frame(found: psycopg.Cursor[tuple[Any, ...]], rows: list[tuple[Any, ...]] | None = None) -> pd.DataFrame:
    columns = found.description or []
    frame = pd.DataFrame(found.fetchall() if rows is None else rows, columns=[column.name for column in columns])
    for column in columns:
        if column.type_code == DATE:
            frame[column.name] = pd.to_datetime(frame[column.name])
        elif column.type_code == TIMESTAMP:
            frame[column.name] = pd.to_datetime(frame[column.name], utc=True).dt.tz_convert(calendar.TIMEZONE)
        elif column.type_code in NUMBERS:
            frame[column.name] = pd.to_numeric(frame[column.name])
    return frame


@contextlib.contextmanager
def _translated(asked: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedObject) as error:
        raise NotPublished(
            f"Postgres must hold the tables of the platform, found {_first_line(error)} in {asked}: "
            f"load a run with `pqr run`."
        ) from error
    except (psycopg.Error, PoolTimeout) as error:
        raise WarehouseUnavailable(
            f"Postgres must answer {asked}, found {_first_line(error)}: see that it runs and that "
            f"PQR_DASHBOARD_DSN names it."
        ) from error


def _first_line(error: BaseException) -> str:
    return repr(str(error).strip().split("\n", 1)[0])
