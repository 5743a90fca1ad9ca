"""What travels between services: a manifest names the objects of a stage, their hashes and what they came from.

Pure: values in, values out. `digest` covers the data and the digests of the manifests upstream, so manifests
form a hash chain; wall-clock times, hosts and code identity ride along outside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, Self

import pyarrow as pa

from pqr_common.canonical import canonical_json, sha256_hex
from pqr_common.errors import UpstreamBroken
from pqr_common.tables.digest import total_digest

__all__ = [
    "Check",
    "Dataset",
    "Manifest",
    "Partition",
    "RunParameters",
    "Source",
    "schema_fields",
    "schema_fingerprint",
]

MANIFEST_VERSION = 1


class RunParameters(Protocol):
    """What a run is asked for. The domain defines it; the engine carries it, compares it and writes it down."""

    @property
    def digest(self) -> str:
        """The same for the same request, whoever makes it."""

    def to_json(self) -> dict[str, Any]:
        """Values of JSON, without floats."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; raises InvalidSettings."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One object of a dataset. `min_at`/`max_at` bound its event time, as ISO 8601 text in UTC."""

    dataset: str
    key: str
    path: str
    rows: int
    bytes: int
    sha256: str
    content_digest: str
    min_at: str | None = None
    max_at: str | None = None
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Dataset:
    """All partitions of one dataset, sorted by key; `schema` is a list of `name: type` lines."""

    name: str
    grain: str
    schema: tuple[str, ...]
    partitions: tuple[Partition, ...]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.partitions)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.partitions)

    @property
    def content_digest(self) -> str:
        return total_digest([part.content_digest for part in self.partitions])


@dataclass(frozen=True, slots=True)
class Source:
    """An upstream manifest and the digest it had when it was read."""

    manifest: str
    digest: str


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about the data that held or did not; `error` severity stops the stage."""

    name: str
    dimension: str
    status: str
    observed: str | int
    expected: str | int
    severity: str = "error"

    @classmethod
    def equal(cls, name: str, observed: int | str, expected: int | str, *, severity: str = "error") -> Check:
        """A reconciliation: both sides of an equation."""
        status = "passed" if observed == expected else "failed"
        return cls(name, "consistency", status, observed, expected, severity)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one stage of one run made. Build it, then read `digest`; it is immutable once put."""

    run_id: str
    stage: str
    parameters: Mapping[str, Any]
    inputs: tuple[Source, ...]
    datasets: tuple[Dataset, ...]
    checks: tuple[Check, ...]
    code: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 over what the data is: not `code`, not `recorded`, not the bytes of Parquet files.

        The same data has the same digest whoever made it: raw objects count with their SHA-256, Parquet objects
        with their content digest, since its bytes change with the writer's version.
        """
        return sha256_hex(canonical_json(self._fields(_covered_partition)))

    def dataset(self, name: str) -> Dataset:
        for dataset in self.datasets:
            if dataset.name == name:
                return dataset
        found = ", ".join(d.name for d in self.datasets)
        raise UpstreamBroken(
            f"The {self.stage} manifest of run {self.run_id} must hold the dataset {name!r}, found {found}: "
            f"run the stage again."
        )

    def to_json(self) -> bytes:
        outside = {"code": dict(self.code), "recorded": dict(self.recorded), "digest": self.digest}
        return canonical_json(self._fields(_whole_partition) | outside)

    @classmethod
    def from_json(cls, data: bytes, *, where: str) -> Manifest:
        """Read back a manifest; raises UpstreamBroken when it is damaged or its digest does not hold."""
        try:
            raw = json.loads(data)
            manifest = _from_fields(raw)
            stated = raw["digest"]
        except (ValueError, KeyError, TypeError) as error:
            raise UpstreamBroken(
                f"A manifest must be complete canonical JSON, found {error!r} in {where}: "
                f"restore it or run its stage under another run id."
            ) from error
        if manifest.digest != stated:
            raise UpstreamBroken(
                f"The digest of a manifest must cover its content, found {stated[:12]} where the content gives "
                f"{manifest.digest[:12]} in {where}: restore it or run its stage under another run id."
            )
        return manifest

    def _fields(self, of_partition: Callable[[Partition], dict[str, Any]]) -> dict[str, Any]:
        return {
            "manifest_version": MANIFEST_VERSION,
            "run_id": self.run_id,
            "stage": self.stage,
            "parameters": dict(self.parameters),
            "inputs": [asdict(source) for source in self.inputs],
            "datasets": [_dataset_fields(dataset, of_partition) for dataset in self.datasets],
            "checks": [asdict(check) for check in self.checks],
        }


def schema_fields(schema: pa.Schema) -> tuple[str, ...]:
    """One `name: type [not null]` line a column."""
    return tuple(f"{f.name}: {f.type}{'' if f.nullable else ' not null'}" for f in schema)


def schema_fingerprint(fields: Iterable[str]) -> str:
    """16 hex digits that change when a column does."""
    return sha256_hex("\n".join(fields).encode())[:16]


def _dataset_fields(dataset: Dataset, of_partition: Callable[[Partition], dict[str, Any]]) -> dict[str, Any]:
    partitions = sorted(dataset.partitions, key=lambda part: part.key)
    return {
        "name": dataset.name,
        "grain": dataset.grain,
        "schema": list(dataset.schema),
        "schema_fingerprint": schema_fingerprint(dataset.schema),
        "rows": dataset.rows,
        "content_digest": dataset.content_digest,
        "partitions": [of_partition(part) for part in partitions],
    }


def _whole_partition(partition: Partition) -> dict[str, Any]:
    return {name: value for name, value in asdict(partition).items() if name != "dataset"}


def _covered_partition(partition: Partition) -> dict[str, Any]:
    fields = _whole_partition(partition)
    if partition.path.endswith(".parquet"):
        del fields["bytes"], fields["sha256"]
    return fields


def _from_fields(raw: Mapping[str, Any]) -> Manifest:
    datasets = tuple(
        Dataset(
            name=d["name"],
            grain=d["grain"],
            schema=tuple(d["schema"]),
            partitions=tuple(Partition(dataset=d["name"], **part) for part in d["partitions"]),
        )
        for d in raw["datasets"]
    )
    return Manifest(
        run_id=raw["run_id"],
        stage=raw["stage"],
        parameters=raw["parameters"],
        inputs=tuple(Source(**source) for source in raw["inputs"]),
        datasets=datasets,
        checks=tuple(Check(**check) for check in raw["checks"]),
        code=raw.get("code", {}),
        recorded=raw.get("recorded", {}),
    )
