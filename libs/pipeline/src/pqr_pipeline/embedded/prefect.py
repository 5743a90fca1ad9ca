"""A temporary Prefect server for one command, unless the environment names one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from pqr_common.errors import Transient
from pqr_common.process.settings import Settings
from pqr_pipeline.embedded.home import alone, prepare_home
from pqr_pipeline.embedded.process import child_of_this, free_port, is_answering, silence

__all__ = ["prefect_environment", "prefect_server"]

SERVER = "pqr_pipeline.embedded.prefect_server"
START_TIMEOUT_SECONDS = 120


@contextlib.contextmanager
def prefect_server(settings: Settings) -> Iterator[str]:
    """The URL of a Prefect API: the one of `PREFECT_API_URL`, or a temporary server's."""
    if url := os.environ.get("PREFECT_API_URL"):
        yield url
        return
    prepare_home(settings)
    environment = os.environ | prefect_environment(settings)
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    log = settings.home / "prefect" / "server.log"
    with contextlib.ExitStack() as running:
        with alone(settings, "prefect"):  # the first one makes the database that all of this home share
            server = running.enter_context(child_of_this(SERVER, {"port": port}, environment=environment, log=log))
            if not is_answering(f"{url}/health", server, START_TIMEOUT_SECONDS):
                raise Transient(
                    f"The temporary Prefect server must answer within {START_TIMEOUT_SECONDS} s, found "
                    f"{silence(server)} at {url}: see {log}, then run `pqr retry`."
                )
        yield url


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
