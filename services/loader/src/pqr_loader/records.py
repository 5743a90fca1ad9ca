"""A run's records in the lake as rows of `meta`: what ran, what it made, from what, and how good it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pqr_common.canonical import canonical_json
from pqr_common.manifest import layout
from pqr_common.manifest.runs import Attempt
from pqr_common.manifest.values import Dataset, Manifest, schema_fingerprint
from pqr_loader.schema import MIRRORED
from pqrs.parameters import Parameters

__all__ = ["LAYERS", "STAGES", "rows_of"]

Row = dict[str, Any]

STAGES = tuple(layout.STAGE_WRITES)
LAYERS = tuple(layout.STAGE_WRITES.values())
# The datasets that each layer is made from; what the loader makes mirrors one dataset each.
_MADE_FROM = {
    "bronze": {"raw": ("emails",)},
    "silver": {"bronze": ("emails",)},
    "gold": {"silver": ("tickets",)},
}
_STAGE_OF = {writes: stage for stage, writes in layout.STAGE_WRITES.items()}


def rows_of(
    run_id: str,
    parameters: Parameters,
    manifests: Mapping[str, Manifest],
    attempts: Sequence[Attempt],
    rejects: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, list[Row]]:
    """The rows of each table of `meta`, parents first.

    `manifests` by layer, `attempts` oldest first; `rejects`: lines a layer rejected by rule.
    """
    datasets = [(manifest, dataset) for manifest in manifests.values() for dataset in manifest.datasets]
    return {
        "meta.runs": [_run(run_id, parameters, manifests, attempts)],
        "meta.attempts": [_attempt(attempt) for attempt in attempts],
        "meta.manifests": [_manifest(manifest) for manifest in manifests.values()],
        "meta.datasets": [_dataset(manifest, dataset) for manifest, dataset in datasets],
        "meta.partitions": [row for manifest, dataset in datasets for row in _partitions(manifest, dataset)],
        "meta.lineage": [row for manifest, dataset in datasets for row in _lineage(manifest, dataset)],
        "meta.rejects": [
            {"run_id": run_id, "layer": layer, "rule": rule, "rejected": count}
            for layer, counted in (rejects or {}).items()
            for rule, count in sorted(counted.items())
        ],
        "meta.quality_checks": [row for attempt in attempts for row in _checks(attempt)],
    }


def _run(run_id: str, parameters: Parameters, manifests: Mapping[str, Manifest], attempts: Sequence[Attempt]) -> Row:
    state, failed = _state(manifests, attempts)
    is_over = state in ("completed", "failed")
    ends = [attempt.finished_at for attempt in attempts if attempt.finished_at]
    return {
        "run_id": run_id,
        "parameters": _json(parameters.to_json()),
        "parameters_digest": parameters.digest,
        "seed": parameters.seed,
        "scenario": parameters.scenario.name,
        "window_from": parameters.window_from,
        "window_to": parameters.window_to,
        "as_of": parameters.as_of,
        "state": state,
        "failed_stage": failed.stage if failed else None,
        "reason": failed.error if failed else None,
        "started_at": min((attempt.started_at for attempt in attempts), default=None),
        "finished_at": max(ends, default=None) if is_over else None,
    }


def _state(manifests: Mapping[str, Manifest], attempts: Sequence[Attempt]) -> tuple[str, Attempt | None]:
    """A run is where its first stage without a manifest is; that stage's last attempt says how it went."""
    for stage in STAGES:
        if layout.STAGE_WRITES[stage] in manifests:
            continue
        last = next((attempt for attempt in reversed(attempts) if attempt.stage == stage), None)
        if last is not None and last.state == "failed":
            return "failed", last
        return ("running" if attempts else "declared"), None
    return "completed", None


def _attempt(attempt: Attempt) -> Row:
    names = (
        "run_id", "stage", "state", "started_at", "finished_at", "seconds", "host", "error_type", "error", "tasks",
        "tasks_reused", "rows", "bytes",
    )  # fmt: skip
    return {name: getattr(attempt, name) for name in names} | {"attempt": attempt.number}


def _manifest(manifest: Manifest) -> Row:
    return {
        "run_id": manifest.run_id,
        "layer": manifest.stage,
        "stage": _STAGE_OF[manifest.stage],
        "digest": manifest.digest,
        "inputs": _json([{"layer": source.manifest, "digest": source.digest} for source in manifest.inputs]),
        "service_version": manifest.code.get("version"),
        "source_digest": manifest.code.get("source"),
        "committed_at": manifest.recorded.get("committed_at"),
        "host": manifest.recorded.get("host"),
    }


def _dataset(manifest: Manifest, dataset: Dataset) -> Row:
    return {
        "run_id": manifest.run_id,
        "layer": manifest.stage,
        "dataset": dataset.name,
        "grain": dataset.grain,
        "columns": _json([_column(line) for line in dataset.schema]),
        "schema_fingerprint": schema_fingerprint(dataset.schema),
        "partitions": len(dataset.partitions),
        "rows": dataset.rows,
        "rejected": sum(part.rejected for part in dataset.partitions),
        "bytes": dataset.bytes,
        "content_digest": dataset.content_digest,
    }


def _column(line: str) -> dict[str, Any]:
    """A schema line of a manifest, `name: type [not null]`."""
    name, _, kind = line.partition(": ")
    return {"name": name, "type": kind.removesuffix(" not null"), "is_required": kind.endswith(" not null")}


def _partitions(manifest: Manifest, dataset: Dataset) -> Iterable[Row]:
    names = ("key", "path", "rows", "rejected", "bytes", "sha256", "content_digest", "min_at", "max_at")
    for part in dataset.partitions:
        where = {"run_id": manifest.run_id, "layer": manifest.stage, "dataset": dataset.name}
        yield where | {name: getattr(part, name) for name in names}


def _lineage(manifest: Manifest, dataset: Dataset) -> Iterable[Row]:
    """Edges to the datasets this one was made from, with the digest of the manifest that held them."""
    digests = {source.manifest: source.digest for source in manifest.inputs}
    if manifest.stage == "load":
        mirrored = MIRRORED.get(dataset.name)
        edges = [mirrored] if mirrored else []
    else:
        made_from = _MADE_FROM.get(manifest.stage, {})
        edges = [(layer, name) for layer, names in made_from.items() if layer in digests for name in names]
    for layer, name in edges:
        yield {
            "run_id": manifest.run_id,
            "layer": manifest.stage,
            "dataset": dataset.name,
            "input_layer": layer,
            "input_dataset": name,
            "input_manifest_digest": digests[layer],
        }


def _checks(attempt: Attempt) -> Iterable[Row]:
    names = ("name", "dimension", "status", "severity")
    for position, check in enumerate(attempt.checks):
        yield {
            "run_id": attempt.run_id,
            "stage": attempt.stage,
            "attempt": attempt.number,
            "position": position,
            **{name: check[name] for name in names},
            "observed": str(check["observed"]),
            "expected": str(check["expected"]),
            "executed_at": attempt.finished_at,
        }


def _json(value: Any) -> str:
    return canonical_json(value).decode().strip()
