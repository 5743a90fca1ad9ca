"""What commands say about runs: plain values taken from the records in the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pqr_common.errors import InvalidSettings, PqrError
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.state import run_state
from pqr_common.manifest.values import Manifest
from pqr_pipeline.audit.lineage import headline
from pqrs.parameters import Parameters
from pqrs.scenario import Scenario, load_scenario

__all__ = [
    "RUN_COLUMNS",
    "of_run",
    "of_run_in_full",
    "parameter_rows",
    "rows_of",
    "run_row",
    "scenario_of",
]

RUN_COLUMNS = ("", "Run", "State", "Window", "Age", "E-mails", "Tickets", "Size")


def scenario_of(given: str) -> Scenario:
    """A packaged scenario by name, or the one in a TOML file."""
    path = Path(given)
    if path.suffix != ".toml":
        return load_scenario(given)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(
            f"--scenario must be a readable TOML file, found {error} at {given}: correct the path."
        ) from error
    return Scenario.from_toml(text, source=str(path))


def of_run(lake: Lake, run_id: str) -> dict[str, Any]:
    """One line about a run; what cannot be read is said, not raised, so that the others are still listed."""
    try:
        records = RunRecords(lake, run_id)
        parameters = Parameters.of(records.parameters())
        layers = records.manifests()
    except PqrError as error:
        return {
            "run_id": run_id,
            "state": f"unreadable: {error}",
            "window": "",
            "begun_at": None,
            "layers": [],
            "emails": None,
            "tickets": None,
            "bytes": None,
        }
    graph, attempts = records.graph(), records.all_attempts()
    return {
        "run_id": run_id,
        "state": str(run_state(graph, layers, attempts)),
        "window": f"{parameters.window_from} to {parameters.window_to}",
        "begun_at": next((each.started_at for each in attempts if each.stage == graph.stages[0]), None),
        "layers": list(layers),
        "emails": layers["raw"].dataset("emails").rows if "raw" in layers else None,
        "tickets": layers["silver"].dataset("tickets").rows if "silver" in layers else None,
        "bytes": sum(dataset.bytes for manifest in layers.values() for dataset in manifest.datasets),
    }


def run_row(run: Mapping[str, Any], now: datetime) -> tuple[Any, ...]:
    """Its cells, as `RUN_COLUMNS` heads them."""
    size = "" if run["bytes"] is None else f"{run['bytes'] / 2**20:,.0f} MiB"
    return (
        "●" if run["is_shown"] else "",
        run["run_id"],
        run["state"],
        run["window"],
        _age(now - datetime.fromisoformat(run["begun_at"])) if run["begun_at"] else "",
        run["emails"],
        run["tickets"],
        size,
    )


def _age(since: timedelta) -> str:
    """In the largest unit of which it has two, or in minutes."""
    minutes = since // timedelta(minutes=1)
    hours, days = minutes // 60, since.days
    return f"{days} days" if days > 1 else f"{hours} h" if hours > 1 else f"{minutes} min"


def of_run_in_full(lake: Lake, run_id: str) -> dict[str, Any]:
    records = RunRecords(lake, run_id)
    parameters = records.parameters()
    layers = records.manifests()
    return of_run(lake, run_id) | {
        "parameters": parameters.to_json(),
        "headline": headline(lake, run_id),
        "manifests": {layer: manifest.digest for layer, manifest in layers.items()},
        "datasets": [
            {
                "layer": layer,
                "dataset": d.name,
                "rows": d.rows,
                "bytes": d.bytes,
                "objects": len(d.partitions),
                "content_digest": d.content_digest,
            }
            for layer, manifest in layers.items()
            for d in manifest.datasets
        ],
        "checks": [{"layer": layer} | asdict(c) for layer, manifest in layers.items() for c in manifest.checks],
        "attempts": [asdict(attempt) for attempt in records.all_attempts()],
    }


def parameter_rows(parameters: Mapping[str, Any]) -> list[tuple[str, Any]]:
    shown = {name: value for name, value in parameters.items() if name != "scenario"}
    return [*((name, str(value)) for name, value in shown.items()), ("scenario", parameters["scenario"]["name"])]


def rows_of(manifest: Manifest) -> dict[str, int]:
    return {dataset.name: dataset.rows for dataset in manifest.datasets}
