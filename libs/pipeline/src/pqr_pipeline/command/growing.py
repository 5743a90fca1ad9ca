"""Commands that make a run grow."""

from __future__ import annotations

import click

from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.command import actions
from pqr_pipeline.command.options import command, day, settings_of
from pqr_pipeline.command.screen import Screen
from pqrs.parameters import Parameters

__all__ = ["backfill"]


@command(with_run_id=True, with_workers=True)
@click.option("--from", "from_", help="A day from which on the days must be there; default: the run's first.")
@click.option("--to", help="A day up to which the days must be there; default: the run's last.")
def backfill(*, screen: Screen, run_id: str, from_: str | None, to: str | None, workers: int | None) -> None:
    """Make a run of RUN_ID's inbox that has these days as well; what is there of other days is not made again."""
    settings = settings_of(workers=workers)
    had = Parameters.of(RunRecords(open_lake(settings.lake), run_id).parameters())
    first, last = had.window
    wider = {
        "window_from": min(first, day("--from", from_) if from_ else first).isoformat(),
        "window_to": max(last, day("--to", to) if to else last).isoformat(),
    }
    parameters = Parameters.from_json(had.to_json() | wider)
    if parameters == had:
        screen.value({"run_id": run_id, "headline": None})
        screen.say(f"Run {run_id} has these days; nothing was done.")
        return
    actions.run_and_show(parameters.run_id, parameters, settings=settings, screen=screen)
