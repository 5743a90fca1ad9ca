"""A run's records in the lake as rows of `meta`: what ran, what it made, from what, and how good it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pqr_common import Dataset, Manifest, canonical_json, sha256_hex
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.rules import schema_fingerprint
from pqr_common.manifest.state import run_state
from pqrs.parameters import Parameters

__all__ = ["Story", "rows_of"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """What the lake knows of a run: manifests by layer, attempts oldest first, rejected lines by layer and rule."""

    run_id: str
    parameters: Parameters
    graph: Graph
    manifests: Mapping[str, Manifest]
    attempts: Sequence[Attempt]
    rejects: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def rows_of(story: Story) -> dict[str, list[Row]]:
    """The rows of each table of `meta`, parents first."""
    nodes = {node.writes: node for node in story.graph.nodes}
    datasets = [(manifest, dataset) for manifest in story.manifests.values() for dataset in manifest.datasets]
    partitions = [_partitions(manifest.layer, dataset) for manifest, dataset in datasets]
    return {
        "meta.runs": [_run(story)],
        "meta.stages": [
            {"run_id": story.run_id, "position": position, "stage": node.stage, "layer": node.writes}
            for position, node in enumerate(story.graph.nodes)
        ],
        "meta.attempts": [_attempt(attempt) for attempt in story.attempts],
        "meta.manifests": [_manifest(manifest, nodes[layer].stage) for layer, manifest in story.manifests.items()],
        "meta.partitions": [row for rows in partitions for row in rows],
        "meta.datasets": [_dataset(*each, rows) for each, rows in zip(datasets, partitions, strict=True)],
        "meta.lineage": [row for manifest, dataset in datasets for row in _lineage(manifest, dataset)],
        "meta.rejects": [
            {"run_id": story.run_id, "layer": layer, "rule": rule, "rejected": count}
            for layer, counted in story.rejects.items()
            for rule, count in sorted(counted.items())
        ],
        "meta.quality_checks": [row for attempt in story.attempts for row in _checks(attempt)],
    }


def _run(story: Story) -> Row:
    parameters, state = story.parameters, run_state(story.graph, story.manifests, story.attempts)
    is_failed, is_over = state.name == "failed", state.name in ("completed", "failed")
    return {
        "run_id": story.run_id,
        "parameters": _json(parameters.to_json()),
        "parameters_digest": parameters.digest,
        "seed": parameters.seed,
        "scenario": parameters.scenario.name,
        "window_from": parameters.window_from,
        "window_to": parameters.window_to,
        "as_of": parameters.as_of,
        "state": state.name,
        "failed_stage": state.stage if is_failed else None,
        "reason": state.reason,
        "started_at": min((each.started_at for each in story.attempts if each.started_at), default=None),
        "finished_at": max((each.finished_at for each in story.attempts if each.finished_at), default=None)
        if is_over
        else None,
    }


def _attempt(attempt: Attempt) -> Row:
    names = (
        "run_id", "stage", "state", "started_at", "finished_at", "seconds", "host", "error_type", "error", "tasks",
        "tasks_reused", "rows", "bytes",
    )  # fmt: skip
    return {name: getattr(attempt, name) for name in names} | {"attempt": attempt.number}


def _manifest(manifest: Manifest, stage: str) -> Row:
    return {
        "run_id": manifest.run_id,
        "layer": manifest.layer,
        "stage": stage,
        "digest": manifest.digest,
        "inputs": _json([{"layer": source.manifest, "digest": source.digest} for source in manifest.inputs]),
        "service_version": manifest.code.get("version"),
        "source_digest": manifest.code.get("source"),
        "committed_at": manifest.recorded.get("committed_at"),
        "host": manifest.recorded.get("host"),
    }


def _dataset(manifest: Manifest, dataset: Dataset, partitions: Sequence[Row]) -> Row:
    return {
        "run_id": manifest.run_id,
        "layer": manifest.layer,
        "dataset": dataset.name,
        "grain": dataset.grain,
        "columns": _json([_column(line) for line in dataset.schema]),
        "schema_fingerprint": schema_fingerprint(dataset.schema),
        "partitions": len(dataset.partitions),
        "rows": dataset.rows,
        "rejected": sum(part.rejected for part in dataset.partitions),
        "bytes": dataset.bytes,
        "content_digest": dataset.content_digest,
        "partition_ids": sorted(row["partition_id"] for row in partitions),
    }


def _column(line: str) -> dict[str, Any]:
    """A schema line of a manifest, `name: type [not null]`."""
    name, _, kind = line.partition(": ")
    return {"name": name, "type": kind.removesuffix(" not null"), "is_required": kind.endswith(" not null")}


def _partitions(layer: str, dataset: Dataset) -> list[Row]:
    """Equal rows have equal ids, in whichever run they are met."""
    names = ("key", "path", "rows", "rejected", "bytes", "sha256", "content_digest", "min_at", "max_at", "sign")
    where = {"layer": layer, "dataset": dataset.name}
    rows = [where | {name: getattr(part, name) for name in names} for part in dataset.partitions]
    return [{"partition_id": UUID(sha256_hex(canonical_json(row))[:32])} | row for row in rows]


def _lineage(manifest: Manifest, dataset: Dataset) -> Iterable[Row]:
    """Edges to the datasets this one was made from, with the digest of the manifest that held them."""
    digests = {source.manifest: source.digest for source in manifest.inputs}
    for layer, _, name in (edge.partition("/") for edge in dataset.made_from):
        if layer in digests:
            yield {
                "run_id": manifest.run_id,
                "layer": manifest.layer,
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
