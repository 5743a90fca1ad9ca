"""Who may do what in the lake, as it follows from what the stages declare. Pure: stages in, policies out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pqr_common.manifest.graph import Graph
from pqr_common.manifest.layout import GATE
from pqr_common.stage.declaration import Stage
from pqr_pipeline.containers.permissions import readable

READ, WRITE, DELETE, LIST = "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"
MANIFESTS, DECLARATIONS, TASKS = "manifests/*", "manifests/*/run.json", "tasks/*"
EVIDENCE = ("raw", "bronze")  # layers whose mails the dashboard shows
TRIAL = "manifests/.doctor-*"  # what `pqr doctor` tries the store with

Policy = dict[str, Any]


def policies(bucket: str, stages: Iterable[Stage]) -> dict[str, Policy]:
    """A policy per user. All but the dashboard see names and manifests; no stage deletes a manifest."""
    declared = list(stages)
    writers = {stage.writes: stage for stage in declared}
    graph = Graph.of(stage.node for stage in declared)
    layers_read = {node.stage: node.reads for node in graph.nodes}
    found = {}
    for stage in declared:
        read = [key for layer in layers_read[stage.name] for key in _readable(stage, writers[layer])]
        found[stage.name] = _of_stage(bucket, stage, read)
    found["pipeline"] = _policy(bucket, reads=(MANIFESTS,), writes=(DECLARATIONS,))
    # the dashboard: a mail as it was delivered and as it was typed, and what says where they lie; it lists nothing
    mails = (f"{layer}/emails/*" for layer in EVIDENCE)
    kept = (f"manifests/*/{layer}.json" for layer in EVIDENCE)
    found["evidence"] = _policy(bucket, reads=(*mails, *kept), writes=(), may_list=False)
    # a person at the host: looks at everything, declares runs, removes and prunes them
    removable = (MANIFESTS, TASKS, *(f"{layer}/*" for layer in graph.layers))
    found["operator"] = _policy(bucket, reads=("*",), writes=(DECLARATIONS, TRIAL, GATE), deletes=removable)
    return found


def _readable(reader: Stage, writer: Stage) -> list[str]:
    """The keys of what a stage requires of another's layer."""
    named = readable(reader, writer)
    is_whole = len(named) == len(writer.produces) > 0
    return [f"{writer.writes}/*"] if is_whole else [f"{writer.writes}/{dataset}/*" for dataset in named]


def _of_stage(bucket: str, stage: Stage, read: Iterable[str]) -> Policy:
    own, receipts, tasks = f"{stage.writes}/*", f"manifests/*/receipts/{stage.name}/*", f"tasks/{stage.name}/*"
    return _policy(
        bucket,
        reads=(*read, own, MANIFESTS, tasks),
        writes=(own, f"manifests/*/{stage.writes}.json", f"manifests/*/attempts/{stage.name}/*", receipts, tasks),
        deletes=(own, receipts, tasks),
    )


def _policy(
    bucket: str,
    *,
    reads: tuple[str, ...],
    writes: tuple[str, ...],
    deletes: tuple[str, ...] = (),
    may_list: bool = True,
) -> Policy:
    here = f"arn:aws:s3:::{bucket}"
    granted = {READ: reads, WRITE: writes, DELETE: deletes}
    statements = [
        {"Effect": "Allow", "Action": [action], "Resource": [f"{here}/{key}" for key in keys]}
        for action, keys in granted.items()
        if keys
    ]
    # The whole bucket: without it a store answers 403 where the truth is 404.
    listing = {"Effect": "Allow", "Action": [LIST], "Resource": [here]}
    return {"Version": "2012-10-17", "Statement": [*statements, listing] if may_list else statements}
