"""Says where the time of a million e-mails goes in a running stack: `make bench-stack`, after `make up`.

The run is carried out twice: on an embedded Dask and a local folder, and by the services of the stack.
A stage of the stack is cut at the moments that Prefect and the attempt's record keep.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from run import TICKETS_A_DAY, parameters
from scale import LAST_DAY, measured

from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import installed_graph
from pqr_pipeline.command.options import STACK_ENVIRONMENT
from pqr_pipeline.containers import trigger

PIECES = ("to taken", "to process", "to attempt", "attempt", "to end", "sum", "embedded")


@dataclass(frozen=True)
class Moments:
    """Of a stage: asked for, taken by a worker, begun by its process, its attempt opened and closed, ended."""

    asked: datetime
    taken: datetime
    began: datetime
    opened: datetime
    closed: datetime
    ended: datetime

    @property
    def seconds(self) -> list[float]:
        """Each piece, and their sum."""
        moments = (self.asked, self.taken, self.began, self.opened, self.closed, self.ended)
        pieces = [(after - before).total_seconds() for before, after in pairwise(moments)]
        return [*pieces, sum(pieces)]


def main() -> int:
    """Print a row per stage; the exit code is 0."""
    embedded = measured(TICKETS_A_DAY, workers=2)
    seed = int(time.time())  # another inbox each time, or nothing is to be done
    settings, run_id = Settings.read(_env_file=STACK_ENVIRONMENT), f"bench-{seed}"
    begun = time.perf_counter()
    given = parameters(LAST_DAY, TICKETS_A_DAY, seed=seed)
    trigger.run_on_stack(run_id, given, settings=settings, progress=lambda *_, **__: None)
    whole = time.perf_counter() - begun
    sys.stdout.write(
        f"{embedded.emails:,} e-mails, seconds\n{'':<10}" + "".join(f"{piece:>12}" for piece in PIECES) + "\n"
    )
    for stage, moments in of_stages(run_id, settings):
        row = [*moments.seconds, embedded.seconds[stage]]
        sys.stdout.write(f"{stage:<10}" + "".join(f"{seconds:>12.2f}" for seconds in row) + "\n")
    sys.stdout.write(f"whole: {whole:.1f} in the stack, {embedded.seconds['whole']:.1f} embedded\n")
    return 0


def of_stages(run_id: str, settings: Settings) -> Iterator[tuple[str, Moments]]:
    records = RunRecords(open_lake(settings.lake), run_id)
    with trigger.api_client(settings) as client:
        for stage in installed_graph().stages:
            named = FlowRunFilter(name=FlowRunFilterName(any_=[f"{run_id}-{stage}-1"]))
            (flow,) = client.read_flow_runs(flow_run_filter=named)
            states = {state.name: state.timestamp for state in reversed(client.read_flow_run_states(flow.id))}
            attempt = records.attempt(stage, 1)
            opened, closed = (datetime.fromisoformat(at) for at in (attempt.started_at, attempt.finished_at))
            yield stage, Moments(flow.created, states["Pending"], flow.start_time, opened, closed, flow.end_time)


if __name__ == "__main__":
    raise SystemExit(main())
