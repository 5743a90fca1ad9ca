"""`python -m pqr_pipeline.embedded.prefect_server`: a Prefect server on this machine that ends with its parent."""

from __future__ import annotations

import os
import threading
import time

import click
import uvicorn

POLL_SECONDS = 0.5


def _follow(parent: int) -> None:
    """End at once when the parent is gone, even by SIGKILL, which no handler sees."""
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(0)


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--parent", type=int, required=True)
def serve(port: int, parent: int) -> None:
    """Serve Prefect's API on this machine."""
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    serve()
