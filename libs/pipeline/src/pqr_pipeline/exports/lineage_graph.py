"""What the manifests of a run say as rows for a graph: runs, manifests, datasets, objects, and what came from what.

Values of a row are what a graph can hold: text, whole numbers, truth, lists of text; absent instead of null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqrs.parameters import Parameters

__all__ = ["ORDER", "manifest_id", "rows_of"]

Row = dict[str, Any]

# In this order each row finds what it hangs on.
ORDER = ("runs", "manifests", "datasets", "objects", "reads", "made_from", "finished")


def rows_of(run_id: str, parameters: Parameters, manifests: Mapping[str, Manifest]) -> dict[str, list[Row]]:
    """The rows of one run by the name of the statement that takes them; `manifests` are the committed ones by layer."""
    datasets = [(manifest, dataset) for manifest in manifests.values() for dataset in manifest.datasets]
    return {
        "runs": [_run(run_id, parameters)],
        "manifests": [_manifest(manifest) for manifest in manifests.values()],
        "datasets": [_dataset(manifest, dataset) for manifest, dataset in datasets],
        "objects": [_object(manifest, dataset, part) for manifest, dataset in datasets for part in dataset.partitions],
        "reads": [
            {"reader": manifest_id(manifest), "source": f"{run_id}/{source.manifest}", "digest": source.digest}
            for manifest in manifests.values()
            for source in manifest.inputs
        ],
        "made_from": [row for manifest, dataset in datasets for row in _made_from(manifest, dataset)],
        "finished": [{"id": manifest_id(manifest)} for manifest in manifests.values()],
    }


def manifest_id(manifest: Manifest) -> str:
    return f"{manifest.run_id}/{manifest.layer}"


def _run(run_id: str, parameters: Parameters) -> Row:
    return {
        "id": run_id,
        "seed": parameters.seed,
        "window_from": parameters.window_from.isoformat(),
        "window_to": parameters.window_to.isoformat(),
        "scenario": parameters.scenario.name,
        "parameters_digest": parameters.digest,
    }


def _manifest(manifest: Manifest) -> Row:
    row = {
        "id": manifest_id(manifest),
        "run": manifest.run_id,
        "layer": manifest.layer,
        "digest": manifest.digest,
        "code": manifest.code.get("source"),
        "committed_at": manifest.recorded.get("committed_at"),
        "failed_checks": sum(check.status != "passed" for check in manifest.checks),
    }
    return _without_gaps(row)


def _dataset(manifest: Manifest, dataset: Dataset) -> Row:
    return {
        "id": _dataset_id(manifest, dataset.name),
        "manifest": manifest_id(manifest),
        "run": manifest.run_id,
        "layer": manifest.layer,
        "name": dataset.name,
        "grain": dataset.grain,
        "columns": list(dataset.columns),
        "rows": dataset.rows,
        "content_digest": dataset.content_digest,
    }


def _object(manifest: Manifest, dataset: Dataset, part: Partition) -> Row:
    where = _dataset_id(manifest, dataset.name)
    names = ("key", "path", "rows", "rejected", "bytes", "sha256", "content_digest", "min_at", "max_at")
    row = {"id": f"{where}/{part.key}", "dataset": where} | {name: getattr(part, name) for name in names}
    return _without_gaps(row)


def _made_from(manifest: Manifest, dataset: Dataset) -> Iterator[Row]:
    for source in dataset.made_from:
        yield {"made": _dataset_id(manifest, dataset.name), "source": f"{manifest.run_id}/{source}"}


def _dataset_id(manifest: Manifest, name: str) -> str:
    return f"{manifest_id(manifest)}/{name}"


def _without_gaps(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
