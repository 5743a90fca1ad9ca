"""What a run is good for beside its figures: baselines that others may beat."""

from __future__ import annotations

from dataclasses import asdict

from pqr_common.lake.location import open_lake
from pqr_pipeline.command.options import app, command, settings_of
from pqr_pipeline.command.screen import Screen

__all__ = ["benchmark", "classify"]


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
