"""The stack without Docker: a Postgres from a wheel, a local Dask cluster and a Prefect server, for one command.

All three start side by side, since each takes seconds, and are gone when the command ends; data stays in `PQR_HOME`.
Each follows this process: killed with SIGKILL, it leaves nothing that the next command does not find and use.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from pydantic import SecretStr

from pqr_common.process.settings import Settings
from pqr_common.stage.executor import DaskExecutor, dask_executor
from pqr_pipeline.embedded.home import prepare_home
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.embedded.prefect import prefect_server

__all__ = ["EmbeddedServers", "postgres_and_dask", "servers"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """What a pipeline runs on; `settings` carry the address of Postgres."""

    settings: Settings
    executor: DaskExecutor
    prefect_url: str


@contextlib.contextmanager
def servers(settings: Settings) -> Iterator[EmbeddedServers]:
    """Everything `pqr run` needs, started side by side; what the settings already name is used as it is."""
    prepare_home(settings)
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


def _entered(running: contextlib.ExitStack, context: contextlib.AbstractContextManager[T]) -> T:
    return running.enter_context(context)
