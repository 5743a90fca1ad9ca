"""The command that holds a run's statistics to published ones."""

from __future__ import annotations

from pathlib import Path

import click

from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.command.options import command, settings_of
from pqr_pipeline.command.screen import Screen
from pqrs.parameters import Parameters

__all__ = ["fit"]


@command(with_run_id=True)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder; default: fit/RUN_ID in PQR_HOME."
)
def fit(*, screen: Screen, run_id: str, out: Path | None) -> None:
    """Write a page, with pictures, of a run's statistics beside those of real inboxes."""
    from pqr_pipeline.fit.counts import counted
    from pqr_pipeline.fit.figures import figures, statistics
    from pqr_pipeline.fit.page import write

    settings = settings_of()
    lake = open_lake(settings.lake)
    parameters = Parameters.of(RunRecords(lake, run_id).parameters())
    with screen.waiting("Counting"):
        found = figures(counted(lake, run_id), parameters.window)
    page = write(out or settings.home / "fit" / run_id, parameters, found)
    screen.value({"run_id": run_id, "page": str(page), "statistics": found.values})
    rows = [
        (each.words, format(v, each.form)) for each in statistics() if (v := found.values.get(each.name)) is not None
    ]
    screen.table(f"Run {run_id}", ["Statistic", "This run"], rows)
    screen.say(f"The page is {page}.")
