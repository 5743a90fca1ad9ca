"""`python -m pqr_pipeline.embedded.prefect_server PORT PARENT`: a Prefect server that ends with its parent."""

from __future__ import annotations

import os
import sys
import threading
import time

import uvicorn

POLL_SECONDS = 0.5


def _follow(parent: int) -> None:
    """End at once when the parent is gone, even by SIGKILL, which no handler sees."""
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    port, parent = int(sys.argv[1]), int(sys.argv[2])
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        timeout_keep_alive=30,
    )
