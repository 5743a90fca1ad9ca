"""A temporary Prefect server for one command, unless the environment names one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from pqr_common.errors import Transient
from pqr_common.process.settings import Settings
from pqr_pipeline.embedded.home import prepare_home
from pqr_pipeline.embedded.process import end, free_port, is_answering

__all__ = ["prefect_environment", "prefect_server"]

START_TIMEOUT_SECONDS = 120
STOP_SECONDS = 5


@contextlib.contextmanager
def prefect_server(settings: Settings) -> Iterator[str]:
    """The URL of a Prefect API: the one of `PREFECT_API_URL`, or a temporary server's."""
    if url := os.environ.get("PREFECT_API_URL"):
        yield url
        return
    prepare_home(settings)
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
        if not is_answering(f"{url}/health", server, START_TIMEOUT_SECONDS):
            raise Transient(
                f"The temporary Prefect server must answer within {START_TIMEOUT_SECONDS} s, found none at "
                f"{url}: see {log.name}, then run `pqr retry`."
            )
        yield url
    finally:
        log.close()
        end(server, STOP_SECONDS)


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
