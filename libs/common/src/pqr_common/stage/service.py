"""What a stage's own program does: read the environment, attach to Dask, run its stage, end with a code."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.entry import configured, ended
from pqr_common.stage.declaration import Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import dask_executor

__all__ = ["main"]


def main(stage: Stage, arguments: Sequence[str] | None = None) -> int:
    """Run one stage of the run named on the command line."""

    @click.command(help=f"Run the stage {stage.name} of a declared run.")
    @click.argument("run_id")
    def service(run_id: str) -> None:
        settings = configured()
        lake = open_lake(settings.lake)
        RunRecords(lake, run_id).parameters()  # before a cluster is started for a run that is none
        with dask_executor(settings) as executor:
            run_stage(stage, run_id, lake=lake, settings=settings, executor=executor)

    return ended(service, arguments, program=f"python -m {stage.package}")
