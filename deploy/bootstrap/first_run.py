"""Ask for the first run and wait for it; then stay, so that `up --wait` sees whether it went well.

A run that is complete already is asked for again, which does nothing and costs nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import cast

from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
from first import parameters

FINISHED = Path("/tmp/finished")  # noqa: S108  the container's own
POLL_SECONDS = 1.0


def main() -> None:
    """Exit 1, to be started again, when the run did not complete."""
    run_id = parameters().run_id
    asked = run_deployment(
        "pqr/pipeline",
        parameters={"run_id": run_id},
        flow_run_name=run_id,
        poll_interval=POLL_SECONDS,
        as_subflow=False,
    )
    ended = cast("FlowRun", asked)  # a coroutine only where an event loop runs
    if ended.state is None or not ended.state.is_completed():
        raise SystemExit(f"The first run must complete, found {ended.state}: see `docker compose logs pipeline`.")
    FINISHED.touch()
    sys.stdout.write(f"first run {run_id} complete\n")
    sys.stdout.flush()
    os.execvp("sleep", ["sleep", "infinity"])  # noqa: S606, S607  waiting needs no interpreter


if __name__ == "__main__":
    main()
