"""From a figure down to the raw objects it was counted from, by manifests alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pqr_common.errors import InvalidSettings
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqr_pipeline.audit.scan import whole

__all__ = ["Figure", "headline", "layers_of", "lineage", "resolved"]

HEADLINE = "kpi_executive"


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of a mart with its values, and per layer the digest of its manifest and the objects below."""

    run_id: str
    mart: str
    column: str | None
    rows: tuple[dict[str, Any], ...]
    layers: tuple[dict[str, Any], ...]


def headline(lake: Lake, run_id: str) -> dict[str, Any]:
    """The one row of `kpi_executive`; empty while gold is not committed."""
    gold = RunRecords(lake, run_id).manifest("gold")
    if gold is None:
        return {}
    row: dict[str, Any] = whole(lake, gold.dataset(HEADLINE)).to_pylist()[0]
    return row


def lineage(lake: Lake, run_id: str, kpi: str) -> Figure:
    """Follow `mart`, `mart.column` or a column of the headline to the raw objects; InvalidSettings if unknown."""
    records = RunRecords(lake, run_id)
    records.parameters()
    mart, column = resolved(records.upstream("gold"), kpi)
    rows = whole(lake, mart).to_pylist()
    if column:
        named = dict.fromkeys([*(mart.key if len(rows) > 1 else ()), column])
        rows = [{name: row[name] for name in named} for row in rows]
    return Figure(run_id, mart.name, column, tuple(rows), tuple(layers_of(records, mart)))


def resolved(gold: Manifest, kpi: str) -> tuple[Dataset, str | None]:
    """The mart of a figure, and its column if it names one; raises InvalidSettings for what the run has not."""
    columns = {d.name: d.columns for d in gold.datasets if d.warehouse}  # what gold keeps for itself is no figure
    mart, _, column = kpi.partition(".")
    if mart not in columns:
        mart, column = HEADLINE, kpi
    if column and column not in columns[mart]:
        raise InvalidSettings(
            f"A KPI must be a mart, mart.column or a column of {HEADLINE}, found {kpi!r} in run {gold.run_id}: "
            f"choose from {', '.join([*columns[HEADLINE], *sorted(columns)])}."
        )
    return gold.dataset(mart), column or None


def layers_of(records: RunRecords, mart: Dataset) -> list[dict[str, Any]]:
    """The mart and all it was made from, nearest first, each dataset once."""
    gold = records.upstream("gold")
    manifests = {gold.layer: gold}
    pending = [f"{gold.layer}/{mart.name}"]
    seen: dict[str, dict[str, Any]] = {}
    while pending:
        place = pending.pop(0)
        layer, _, name = place.partition("/")
        manifest = manifests.get(layer) or records.upstream(layer)
        manifests[layer] = manifest
        dataset = manifest.dataset(name)
        seen[place] = _layer(layer, manifest, dataset)
        pending += [source for source in dataset.made_from if source not in seen and source not in pending]
    return list(seen.values())


def _layer(layer: str, manifest: Manifest, dataset: Dataset) -> dict[str, Any]:
    return {
        "layer": layer,
        "dataset": dataset.name,
        "manifest": layout.manifest_key(manifest.run_id, layer),
        "digest": manifest.digest,
        "rows": dataset.rows,
        "objects": [_object(part) for part in dataset.partitions],
    }


def _object(part: Partition) -> dict[str, Any]:
    return {"path": part.path, "rows": part.rows, "sha256": part.sha256}
