"""`python -m pqr_pipeline.containers.serve STAGE`: the one process of a service's container, until SIGTERM.

A Prefect worker takes the runs of the pool named after the service and carries out each in a child process; beside it
are `/metrics` and `/health`. On SIGTERM it takes no more, ends its children, waits for them, and goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pqr_common.errors import InvalidSettings
from pqr_common.installed import announced
from pqr_common.process import log
from pqr_common.process.entry import configured, ended
from pqr_common.process.exposition import exposition, share_metrics
from pqr_common.process.settings import Settings

if TYPE_CHECKING:
    from pqr_pipeline.containers.worker import ServiceWorker

__all__ = ["PIPELINE", "main"]

PIPELINE = "pipeline"  # the service that runs the parent flow
RUNS_AT_ONCE = {PIPELINE: 4}  # a parent only waits; a stage has its machine to itself
METRICS_HOST = "0.0.0.0"  # noqa: S104  a container is reached from outside
STOP_SECONDS = 20.0  # what a child has to end its run before it is killed
# Prefect's own settings, unless the environment says otherwise. The root file system may be read-only.
PREFECT_DEFAULTS = {
    "PREFECT_HOME": str(Path(tempfile.gettempdir()) / "prefect"),
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",  # the least; whoever stops beating is reaped (see `deployments`)
    "PREFECT_WORKER_QUERY_SECONDS": "2",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "DO_NOT_TRACK": "1",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one stage, or `pipeline`."""
    return ended(service, arguments, program="python -m pqr_pipeline.containers.serve")


@click.command()
@click.argument("name", metavar="STAGE", type=click.Choice([*announced("pqr.stages"), PIPELINE]))
def service(name: str) -> None:
    """Carry out the runs of one stage, or of the pipeline, until SIGTERM."""
    _serve(name, configured())


def _serve(service: str, settings: Settings) -> None:
    _prepare_environment(settings)
    folder = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or Path(tempfile.gettempdir()) / "metrics")
    share_metrics(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Prefect says that ours replaces its own; so it should
        from pqr_pipeline.containers.worker import ServiceWorker  # reads the environment

    worker = ServiceWorker(work_pool_name=service, limit=RUNS_AT_ONCE.get(service, 1), create_pool_if_not_found=False)
    with (
        exposition(folder, worker.trouble, host=METRICS_HOST, port=settings.metrics_port) as url,
        _first_metrics(service),
    ):
        log.logger().info("service started", service=service, url=url)
        asyncio.run(_until_stopped(worker))
    log.logger().info("service stopped", service=service)


def _prepare_environment(settings: Settings) -> None:
    """Say where Prefect is before it is imported, and let children find this interpreter."""
    if settings.api_url:
        os.environ["PREFECT_API_URL"] = settings.api_url
    if not os.environ.get("PREFECT_API_URL"):
        raise InvalidSettings("PREFECT_API_URL must say where Prefect's API is, found none: set it for the service.")
    for name, value in PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


@contextlib.contextmanager
def _first_metrics(service: str) -> Iterator[None]:
    """A child, as runs are, writes what the service shows before its first run."""
    if service == PIPELINE:
        yield
        return
    child = subprocess.Popen([sys.executable, "-m", "pqr_pipeline.containers.first_metrics", service])
    threading.Thread(target=child.wait, daemon=True).start()
    try:
        yield
    finally:
        child.terminate()


async def _until_stopped(worker: ServiceWorker) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    working = asyncio.create_task(worker.start(printer=_unprinted))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        await _end_children(worker)
        working.cancel()
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def _end_children(worker: ServiceWorker) -> None:
    """Each child tells Prefect and the lake how its run ended; what is left of them the worker kills."""
    worker.stop_taking()
    for pid in list(worker.children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(worker.childless.wait(), STOP_SECONDS)


def _unprinted(*_said: Any, **_how: Any) -> None:
    pass


if __name__ == "__main__":
    raise SystemExit(main())
