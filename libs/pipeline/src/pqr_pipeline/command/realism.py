"""How real a run is: its statistics beside published ones, and baselines on its data that others may beat."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.command.options import app, command, settings_of
from pqr_pipeline.command.screen import Screen
from pqrs.parameters import Parameters

__all__ = ["benchmark", "classify", "fit"]


@app.group()
def benchmark() -> None:
    """Baselines on a run's own data."""


@command(group=benchmark, with_run_id=True)
def classify(*, screen: Screen, run_id: str) -> None:
    """Learn the types of requests from their text (TF-IDF and logistic regression) and say how well."""
    from pqr_pipeline.benchmark import classify as baseline

    lake = open_lake(settings_of().lake)
    with screen.waiting("Learning"):
        score = baseline.classify(lake, run_id)
    screen.value(asdict(score))
    screen.say(f"Trained on {score.trained:,} requests, tested on the {score.tested:,} from {score.tested_from} on.")
    screen.say(f"accuracy {score.accuracy:.3f}   macro-F1 {score.macro_f1:.3f}   majority {score.majority:.3f}")
    rows = [
        (f"{number} {kind}", *counts)
        for number, (kind, counts) in enumerate(zip(score.types, score.confusion, strict=True), 1)
    ]
    numbers = [str(number) for number in range(1, len(score.types) + 1)]
    screen.table("True type by predicted", ["True", *numbers], rows)


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
