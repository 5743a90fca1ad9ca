"""Where tasks run: a Dask cluster this process attaches to or starts, or this process itself. Owns `distributed`."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pqr_common.errors import ClusterUnavailable, InvalidSettings, PqrError
from pqr_common.stage.discovery import source_digest

if TYPE_CHECKING:
    from distributed import Client

    from pqr_common.process.settings import Settings

__all__ = ["DaskExecutor", "Executor", "Inline", "clock", "dask_executor", "package_versions"]

CONNECT_TIMEOUT_SECONDS = 30
WORKER_MEMORY = "1.5GB"
NO_WORKERS_SECONDS = 120  # a nanny brings a worker back within a few

OURS = "pqr"
DRIVER_ONLY = {"pqr_pipeline", "pqr_dashboard"}  # workers never call them
DIGITS = 12  # of a digest, enough to tell two builds apart

# A page the system hands out costs more than the work done on it, so workers keep what they freed; a core each.
WORKER_ENVIRONMENT = {
    "DASK_LOGGING__DISTRIBUTED": "critical",
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "MALLOC_ARENA_MAX": "1",  # arenas of threads give back what they freed, whatever the threshold
    "MIMALLOC_PURGE_DELAY": "-1",
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",  # polars' allocator
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

# Looking at its own stack a hundred times a second, for a page of Dask's dashboard, costs a worker a tenth of its time.
SELDOM_WATCHED = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}

# Nor does a worker give back what it freed, so what it holds says nothing of what it needs: one that once filled its
# memory would pause for ever. The nanny still ends one that outgrows its limit.
NEVER_PAUSED = {f"distributed.worker.memory.{step}": False for step in ("target", "spill", "pause")}

T = TypeVar("T")
R = TypeVar("R")


class Executor(Protocol):
    """Maps a picklable function over items; results come as they finish, in any order."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]: ...


class Inline:
    """Everything in this process, one after another: for tests and for tools that need no cluster."""

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return map(function, items)


class DaskExecutor:
    """A Dask cluster. Only small values travel: tasks go out, records of what was written come back."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        from distributed import as_completed
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker, NoWorkerError

        futures = [self.client.submit(function, item, pure=False) for item in items]
        try:
            for future in as_completed(futures, loop=self.client.loop):
                yield future.result()
        except (KilledWorker, NoWorkerError, FutureCancelledError, TimeoutError, ConnectionError) as error:
            raise (
                ClusterUnavailable(
                    f"The Dask cluster must finish its tasks, found {type(error).__name__} at "
                    f"{self.client.scheduler_info().get('address', 'its scheduler')}: see that its workers live "
                    f"and have memory, then run `pqr retry`."
                )
                if not isinstance(error, PqrError)
                else error
            ) from error
        finally:
            self.client.cancel(futures)


@contextlib.contextmanager
def dask_executor(settings: Settings) -> Iterator[DaskExecutor]:
    """Attach to `settings.scheduler`, or run a local cluster of `settings.workers` processes for the while."""
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(_attached(settings) if settings.scheduler else _local(settings))
        _refuse_mixed(client, package_versions())
        yield DaskExecutor(client)


def clock(_number: int) -> float:
    """The Unix time of whichever worker runs this; here, because workers hold no code of the pipeline."""
    return time.time()


def package_versions() -> dict[str, str]:
    """What client and workers must share for a task to mean the same in both: versions of libraries, code of ours."""
    named = ("dask", "distributed", "pyarrow", "duckdb", "polars", "polars-hash", "numpy")
    names = [dist.name.replace("-", "_") for dist in metadata.distributions()]
    ours = {name: source_digest(name)[:DIGITS] for name in names if name.startswith(OURS)}
    return ours | {name: metadata.version(name) for name in named}


@contextlib.contextmanager
def _attached(settings: Settings) -> Iterator[Client]:
    from distributed import Client

    try:
        client = Client(settings.scheduler, timeout=CONNECT_TIMEOUT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ClusterUnavailable(
            f"A Dask scheduler must answer, found {error} at {settings.scheduler}: start it or set PQR_SCHEDULER."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_TIMEOUT_SECONDS)
        except TimeoutError as error:
            raise ClusterUnavailable(
                f"A Dask cluster must have a worker, found none within {CONNECT_TIMEOUT_SECONDS} s at "
                f"{settings.scheduler}: start one, then run `pqr retry`."
            ) from error
        yield client


@contextlib.contextmanager
def _local(settings: Settings) -> Iterator[Client]:
    import dask
    from distributed import Client, LocalCluster

    options: dict[str, Any] = {
        "distributed.worker.daemon": True,  # workers die with this process, however it dies
        "distributed.scheduler.allowed-failures": 2,  # deaths of workers; an error of ours is not tried again here
        "distributed.scheduler.no-workers-timeout": f"{NO_WORKERS_SECONDS}s",
        "distributed.deploy.lost-worker-timeout": "1d",  # until then none is given up that dies again
        "distributed.worker.preload": ["pqr_common.stage.warm"],
        "distributed.nanny.pre-spawn-environ": WORKER_ENVIRONMENT,
        **SELDOM_WATCHED,
        **NEVER_PAUSED,
    }
    with dask.config.set(options), contextlib.ExitStack() as running:
        with _deaf():
            cluster = LocalCluster(
                n_workers=settings.workers,
                threads_per_worker=1,
                processes=True,
                memory_limit=WORKER_MEMORY,
                dashboard_address="127.0.0.1:0",  # any free port: several commands may run at once
                host="127.0.0.1",
                silence_logs="CRITICAL",
            )
            running.enter_context(cluster)
            client = running.enter_context(Client(cluster, set_as_default=False))
        yield client


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """What this thread starts, as workers, never hears Ctrl-C: it is for the main thread, which ends them in order."""
    resource_tracker.ensure_running()  # started later it would take the mask away again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _refuse_mixed(client: Client, versions: Mapping[str, str]) -> None:
    """Code travels by name: a worker with another version would do other work, and one without it none at all."""
    mine = {name: version for name, version in versions.items() if name not in DRIVER_ONLY}
    for worker, theirs in client.run(package_versions).items():
        differing = [
            f"{name} {mine[name]} here and {theirs.get(name, 'missing')} there"
            for name in mine
            if theirs.get(name) != mine[name]
        ]
        if differing:
            raise InvalidSettings(
                f"Client and Dask workers must run the same code and versions, found {', '.join(differing)} at "
                f"{worker}: build the images again from the same sources and lock."
            )
