"""The records of `meta` as OpenLineage run events, with content hashes as a facet of our own. Pure.

One attempt of a stage is one OpenLineage run: START, then COMPLETE or FAIL. The pipeline run is its parent.
Specification: OpenLineage 2-0-2; no standard facet carries a content hash, hence `pqr_contentHash`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["TABLES", "events"]

Row = Mapping[str, Any]

TABLES = ("meta.runs", "meta.attempts", "meta.manifests", "meta.datasets", "meta.lineage")

NAMESPACE = "pqr"
PRODUCER = "https://example.org/pqr-hybrid-lakehouse"  # a reserved domain: the project has no public address
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = "https://openlineage.io/spec/facets"
HASH_ALGORITHM = "rows and sum of XXH3-128 row hashes modulo 2^128"
EVENT_OF = {"completed": "COMPLETE", "failed": "FAIL"}


def events(tables: Mapping[str, Sequence[Row]]) -> list[dict[str, Any]]:
    """All events of one run, in order of time; `tables` are rows by table name as `records.rows_of` shapes them."""
    (run,) = tables["meta.runs"]
    layers = {row["stage"]: row["layer"] for row in tables["meta.manifests"]}
    made: list[dict[str, Any]] = []
    for attempt in tables["meta.attempts"]:
        layer = layers.get(attempt["stage"])
        inputs = _inputs(tables, layer)
        made.append(_event("START", attempt["started_at"], run=run, attempt=attempt, inputs=inputs, outputs=[]))
        if attempt["state"] in EVENT_OF:
            outputs = _outputs(tables, layer) if attempt["state"] == "completed" else []
            ended = EVENT_OF[attempt["state"]], attempt["finished_at"]
            made.append(_event(*ended, run=run, attempt=attempt, inputs=inputs, outputs=outputs))
    return sorted(made, key=lambda event: event["eventTime"])


def _event(
    kind: str, at: Any, *, run: Row, attempt: Row, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]
) -> dict[str, Any]:
    identity = f"{run['run_id']}/{attempt['stage']}/{attempt['attempt']}"
    return {
        "eventType": kind,
        "eventTime": _instant(at),
        "producer": PRODUCER,
        "schemaURL": SPEC,
        "run": {"runId": _uuid(identity), "facets": _run_facets(run, attempt, kind)},
        "job": {"namespace": NAMESPACE, "name": attempt["stage"]},
        "inputs": inputs,
        "outputs": outputs,
    }


def _run_facets(run: Row, attempt: Row, kind: str) -> dict[str, Any]:
    facets = {
        "nominalTime": _facet(
            "1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet",
            nominalStartTime=f"{run['window_from']}T05:00:00Z",
            nominalEndTime=_instant(run["as_of"]),
        ),
        "parent": _facet(
            "1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet",
            run={"runId": _uuid(run["run_id"])},
            job={"namespace": NAMESPACE, "name": "pqr"},
        ),
        "pqr_run": _own_facet("PqrRunFacet", runId=run["run_id"], attempt=attempt["attempt"]),
    }
    if kind == "FAIL":
        facets["errorMessage"] = _facet(
            "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
            message=attempt["error"] or attempt["error_type"] or "unknown",
            programmingLanguage="python",
        )
    return facets


def _inputs(tables: Mapping[str, Sequence[Row]], layer: str | None) -> list[dict[str, Any]]:
    """The datasets a layer was made from; unknown while its stage has not committed."""
    edges = {(row["input_layer"], row["input_dataset"]) for row in tables["meta.lineage"] if row["layer"] == layer}
    known = {(row["layer"], row["dataset"]): row for row in tables["meta.datasets"]}
    return [_dataset(known[edge]) for edge in sorted(edges) if edge in known]


def _outputs(tables: Mapping[str, Sequence[Row]], layer: str | None) -> list[dict[str, Any]]:
    made = [row for row in tables["meta.datasets"] if row["layer"] == layer]
    return [
        _dataset(row)
        | {
            "outputFacets": {
                "outputStatistics": _facet(
                    "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet",
                    rowCount=row["rows"],
                    size=row["bytes"],
                )
            }
        }
        for row in made
    ]


def _dataset(row: Row) -> dict[str, Any]:
    columns = json.loads(row["columns"]) if isinstance(row["columns"], str) else row["columns"]
    return {
        "namespace": NAMESPACE,
        "name": f"{row['layer']}/{row['dataset']}",
        "facets": {
            "schema": _facet(
                "1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
                fields=[{"name": column["name"], "type": column["type"]} for column in columns],
            ),
            "version": _facet(
                "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
                datasetVersion=row["content_digest"],
            ),
            "pqr_contentHash": _own_facet(
                "ContentHashDatasetFacet", algorithm=HASH_ALGORITHM, digest=row["content_digest"], rows=row["rows"]
            ),
        },
    }


def _facet(schema: str, **fields: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{FACETS}/{schema}"} | fields


def _own_facet(name: str, **fields: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{PRODUCER}/facets/{name}.json"} | fields


def _uuid(identity: str) -> str:
    """The same run always has the same id, so that sending its events again changes nothing."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/{identity}"))


def _instant(value: Any) -> str:
    text = value if isinstance(value, str) else value.isoformat()
    return text.replace("+00:00", "Z")
