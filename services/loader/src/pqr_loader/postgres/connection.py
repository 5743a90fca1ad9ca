"""Postgres: the one door to it, and its migrations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources

import psycopg
from adbc_driver_manager import Error as AdbcError
from adbc_driver_manager import OperationalError as AdbcOperationalError
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from pqr_common import sha256_hex
from pqr_common.errors import InvalidSettings, PqrError, VerificationFailed, WarehouseUnavailable

__all__ = ["LOADER", "changing", "connection", "door", "migrate", "pending", "place", "table_exists"]

LOADER = "pqr_loader"
LOCK = 0x50515253  # one lock for all that changes core and gold ("PQRS")
LOCK_TIMEOUT_MS = 60_000  # readers hold a page's worth of queries, so longer than this is a fault
REFUSED = ("password authentication failed", "no password supplied")  # a connection that fails has no code
DISK_FULL, PRIVILEGE_CLASS, CONNECTION_CLASSES = "53100", "42501", ("08", "53", "57", "40", "55")


@contextlib.contextmanager
def door(dsn: str) -> Iterator[None]:
    """Where errors of Postgres become ours."""
    try:
        yield
    except PqrError:
        raise
    except (psycopg.Error, AdbcError) as error:
        raise _translated(error, dsn) from error


@contextlib.contextmanager
def connection(dsn: str, *, role: str | None = LOADER) -> Iterator[psycopg.Connection]:
    """One transaction, under the role that may do no more than it must; committed unless it raises."""
    with door(dsn), psycopg.connect(dsn, application_name="pqr-loader") as opened:
        opened.execute("set local timezone = 'UTC'")
        if role is not None:
            opened.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        yield opened


def pending(dsn: str) -> list[str]:
    """The migrations that were not applied yet; asking changes nothing."""
    with connection(dsn, role=None) as opened:
        return [name for number, name, _ in _migrations() if _recorded(opened, number) is None]


def migrate(dsn: str) -> list[str]:
    """Apply what is pending, one transaction each, and return its names; nothing pending, nothing written."""
    done = []
    for number, name, text in _migrations():
        with connection(dsn, role=None) as opened:
            opened.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            recorded = _recorded(opened, number)
            if recorded is None:
                opened.execute(text.encode())
                opened.execute("insert into meta.migrations (number, name, sha256) values (%s, %s, %s)",
                               [number, name, sha256_hex(text.encode())])  # fmt: skip
                done.append(name)
            elif recorded != sha256_hex(text.encode()):
                raise InvalidSettings(
                    f"A migration must stay as it was applied, found another text of {name} at {place(dsn)}: "
                    f"restore the file and write the change as a new migration."
                )
    return done


@contextlib.contextmanager
def changing(dsn: str) -> Iterator[psycopg.Connection]:
    """A transaction that changes core and gold: one at a time, and none waits for ever for readers."""
    with connection(dsn) as opened:
        opened.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        opened.execute("select set_config('lock_timeout', %s, true)", [str(LOCK_TIMEOUT_MS)])
        yield opened


def table_exists(opened: psycopg.Connection, relation: str) -> bool:
    row = opened.execute("select to_regclass(%s) is not null", [relation]).fetchone()
    return bool(row and row[0])


def place(dsn: str) -> str:
    """Host and database, without the password."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return "PQR_POSTGRES_DSN"
    return f"{parts.get('host', 'localhost')}/{parts.get('dbname', '')}"


def _migrations() -> list[tuple[int, str, str]]:
    """Number, name and text of each packaged migration, in order."""
    files = resources.files("pqr_loader").joinpath("sql/migrations").iterdir()
    texts = {file.name: file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql")}
    return [(int(name[:3]), name.removesuffix(".sql"), texts[name]) for name in sorted(texts)]


def _recorded(opened: psycopg.Connection, number: int) -> str | None:
    """The SHA-256 of an applied migration."""
    if not table_exists(opened, "meta.migrations"):
        return None
    row = opened.execute("select sha256 from meta.migrations where number = %s", [number]).fetchone()
    return row[0] if row else None


def _translated(error: psycopg.Error | AdbcError, dsn: str) -> PqrError:
    code = error.sqlstate or ""
    found = " ".join(str(error).split("\n")[0].split())
    if code == DISK_FULL:
        return WarehouseUnavailable(
            f"The disk of Postgres must have room for what is loaded, found {found!r} at {place(dsn)}: free space, "
            f"then run `pqr retry`."
        )
    if any(words in found for words in REFUSED):
        return InvalidSettings(
            f"Postgres must take the password of its connection string, found {found!r} at {place(dsn)}: put back the "
            f".env that its data was made with, give another stack its own COMPOSE_PROJECT_NAME, or forget the data "
            f"with `make down`."
        )
    is_lost = isinstance(error, psycopg.OperationalError | AdbcOperationalError) and not code
    if is_lost or code.startswith(CONNECTION_CLASSES):
        return WarehouseUnavailable(
            f"Postgres must answer, found {found!r} at {place(dsn)}: see that it runs, then run `pqr retry`."
        )
    if code == PRIVILEGE_CLASS or code.startswith("28"):
        return InvalidSettings(
            f"The role of PQR_POSTGRES_DSN must be a member of pqr_loader, or able to create roles while migrations "
            f"are pending, found {found!r} at {place(dsn)}: grant it."
        )
    return VerificationFailed(f"Postgres must accept what the loader does, found {found!r} at {place(dsn)}: report it.")
