"""Manifests as bytes, and back. Canonical JSON out; in comes any version that was ever written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from functools import lru_cache
from typing import Any

from pqr_common.canonical import canonical_json
from pqr_common.errors import UpstreamBroken
from pqr_common.manifest import rules
from pqr_common.manifest.first import first_graph
from pqr_common.manifest.values import Change, Check, Dataset, Manifest, Partition, Source

__all__ = ["decoded", "encoded"]

PARTITION_FIELDS = tuple(field.name for field in fields(Partition) if field.name != "dataset")
RECENT = 12  # manifests: those of a run and of the run that it continues


def encoded(manifest: Manifest) -> bytes:
    """The manifest in the newest form, its digest beside it."""
    inside = rules.data(manifest) | {
        "manifest_version": manifest.version,
        "inputs": [asdict(source) for source in manifest.inputs],
        "datasets": [_dataset_fields(dataset) for dataset in manifest.datasets],
        "checks": [asdict(check) for check in manifest.checks],
        "code": dict(manifest.code),
        "recorded": dict(manifest.recorded),
        "continues": asdict(manifest.continues) if manifest.continues else None,
    }
    return canonical_json(inside | {"digest": manifest.digest})


@lru_cache(maxsize=RECENT)
def decoded(data: bytes, *, where: str) -> Manifest:
    """Read a manifest of any version; raises UpstreamBroken when it is damaged or its digest does not hold.

    Equal bytes give the value they gave before: a driver reads a manifest again to know that it is still there, and
    decoding takes 8 ms for each thousand partitions.
    """
    try:
        raw = json.loads(data)
        manifest = _READERS[raw["manifest_version"]](raw)
        stated, holds = raw["digest"], manifest.digest
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UpstreamBroken(
            f"A manifest must be complete canonical JSON of version {' or '.join(map(str, _READERS))}, found {error!r} "
            f"in {where}: restore it or run its stage under another run id."
        ) from error
    if holds != stated:
        raise UpstreamBroken(
            f"The digest of a manifest must cover its content, found {stated[:12]} where the content gives "
            f"{holds[:12]} in {where}: restore it or run its stage under another run id."
        )
    return manifest


def _dataset_fields(dataset: Dataset) -> dict[str, Any]:
    partitions = sorted(dataset.partitions, key=lambda part: part.key)
    return asdict(replace(dataset, partitions=())) | {
        "schema_fingerprint": rules.schema_fingerprint(dataset.schema),
        "rows": dataset.rows,
        "content_digest": dataset.content_digest,
        "partitions": [{name: getattr(part, name) for name in PARTITION_FIELDS} for part in partitions],
    }


def _since_version_2(raw: Mapping[str, Any]) -> Manifest:
    datasets = [
        Dataset(
            name=found["name"],
            grain=found["grain"],
            schema=tuple(found["schema"]),
            partitions=_partitions(found),
            key=tuple(found["key"]),
            made_from=tuple(found["made_from"]),
            warehouse=found["warehouse"],
            change=Change(**found["change"]) if found.get("change") else None,
        )
        for found in raw["datasets"]
    ]
    return _manifest(raw, raw["layer"], tuple(datasets))


def _version_1(raw: Mapping[str, Any]) -> Manifest:
    """What its datasets are made from and where they are mirrored, it did not say; all those lakes had one graph."""
    layer = raw["stage"]
    datasets = [
        Dataset(
            name=found["name"],
            grain=found["grain"],
            schema=tuple(found["schema"]),
            partitions=_partitions(found),
            **first_graph().about(layer, found["name"]),
        )
        for found in raw["datasets"]
    ]
    return _manifest(raw, layer, tuple(datasets))


def _manifest(raw: Mapping[str, Any], layer: str, datasets: tuple[Dataset, ...]) -> Manifest:
    return Manifest(
        run_id=raw["run_id"],
        layer=layer,
        parameters=raw["parameters"],
        inputs=tuple(Source(**source) for source in raw["inputs"]),
        datasets=datasets,
        checks=tuple(Check(**check) for check in raw["checks"]),
        code=raw["code"],
        recorded=raw["recorded"],
        continues=Source(**raw["continues"]) if raw.get("continues") else None,
        version=raw["manifest_version"],
    )


def _partitions(raw: Mapping[str, Any]) -> tuple[Partition, ...]:
    return tuple(Partition(dataset=raw["name"], **part) for part in raw["partitions"])


_READERS: dict[int, Callable[[Mapping[str, Any]], Manifest]] = {
    1: _version_1,
    2: _since_version_2,
    3: _since_version_2,
}
