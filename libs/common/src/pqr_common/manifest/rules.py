"""What the digest of a manifest covers, by the version of its rule. Pure; a rule that was ever used stays as it is.

Version 3: run, layer, parameters, digests of inputs, and per dataset its name, schema, rows and content digest. How the
rows are cut into partitions is no data, so a run made day by day has the digests of one that was made at once.
Version 2 covered each partition: raw objects with their SHA-256, Parquet objects with their content digest, since
their bytes change with the writer's version. Version 1 covered the wording of the grain and the checks as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pqr_common.canonical import canonical_json, sha256_hex

if TYPE_CHECKING:
    from pqr_common.manifest.values import Dataset, Manifest, Partition

__all__ = ["NEWEST", "data", "digest", "schema_fingerprint"]

NEWEST = 3


def schema_fingerprint(fields: Iterable[str]) -> str:
    """16 hex digits that change when a column does."""
    return sha256_hex("\n".join(fields).encode())[:16]


def digest(manifest: Manifest) -> str:
    return sha256_hex(canonical_json(_COVERED[manifest.version](manifest)))


def data(manifest: Manifest) -> dict[str, Any]:
    """What was made and for which parameters, comparable between versions."""
    return {
        "run_id": manifest.run_id,
        "layer": manifest.layer,
        "parameters": dict(manifest.parameters),
        "datasets": [
            {
                "name": found.name,
                "schema": list(found.schema),
                "rows": found.rows,
                "content_digest": found.content_digest,
            }
            for found in sorted(manifest.datasets, key=lambda found: found.name)
        ],
    }


def _version_3(manifest: Manifest) -> dict[str, Any]:
    inputs = [asdict(source) for source in manifest.inputs]
    return {"manifest_version": 3, "inputs": inputs} | data(manifest)


def _version_2(manifest: Manifest) -> dict[str, Any]:
    datasets = [
        {"name": found.name, "schema": list(found.schema), "partitions": _partitions(found)}
        for found in sorted(manifest.datasets, key=lambda found: found.name)
    ]
    return _version_3(manifest) | {"manifest_version": 2, "datasets": datasets}


def _version_1(manifest: Manifest) -> dict[str, Any]:
    datasets = [
        {
            "name": found.name,
            "grain": found.grain,
            "schema": list(found.schema),
            "schema_fingerprint": schema_fingerprint(found.schema),
            "rows": found.rows,
            "content_digest": found.content_digest,
            "partitions": _partitions(found, with_path=True),
        }
        for found in manifest.datasets
    ]
    return {
        "manifest_version": 1,
        "run_id": manifest.run_id,
        "stage": manifest.layer,
        "parameters": dict(manifest.parameters),
        "inputs": [asdict(source) for source in manifest.inputs],
        "datasets": datasets,
        "checks": [asdict(check) for check in manifest.checks],
    }


def _partitions(dataset: Dataset, *, with_path: bool = False) -> list[dict[str, Any]]:
    return [_covered(part, with_path=with_path) for part in sorted(dataset.partitions, key=lambda part: part.key)]


def _covered(partition: Partition, *, with_path: bool) -> dict[str, Any]:
    """A name that says what the bytes are is no data: it changes when the writer's version does."""
    fields = {name: value for name, value in asdict(partition).items() if name not in ("dataset", "sign")}
    if partition.path.endswith(".parquet"):
        del fields["bytes"], fields["sha256"]
    if not with_path:
        del fields["path"]
    return fields


_COVERED = {1: _version_1, 2: _version_2, 3: _version_3}
