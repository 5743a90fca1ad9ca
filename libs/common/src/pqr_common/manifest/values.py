"""What travels between services: a manifest names the objects of a layer, their hashes and what they came from.

Pure: values in, values out. `digest` covers what the data is and the digests of the manifests upstream, so manifests
form a hash chain. Prose, checks, code identity, hosts and times ride along outside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pqr_common.errors import UpstreamBroken
from pqr_common.manifest import rules
from pqr_common.tables.totals import total_digest

__all__ = [
    "Change",
    "Check",
    "Dataset",
    "Manifest",
    "Partition",
    "Source",
    "schema_fields",
]


@dataclass(frozen=True, slots=True)
class Partition:
    """One object of a dataset. `min_at`/`max_at` bound its event time, as ISO 8601 text in UTC.

    `sign` is 1 when its rows are added to the dataset, -1 when they are taken back from it: they were added by an
    earlier partition, and others have come in their place.
    """

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
    sign: int = 1

    @property
    def is_in_lake(self) -> bool:
        """Whether its path is a key of the lake; what lies elsewhere has a scheme, like `postgres:`."""
        return ":" not in self.path

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """The same for the same rows under the same key, wherever the object lies."""
        return self.dataset, self.key, self.content_digest, self.sign


@dataclass(frozen=True, slots=True)
class Change:
    """How a dataset grew out of that of the run before it, as content digests: `before` + `added` - `removed`."""

    before: str
    added: str
    removed: str

    @property
    def after(self) -> str:
        return total_digest([self.before, self.added], [self.removed])


@dataclass(frozen=True, slots=True)
class Dataset:
    """All partitions of one dataset, and what its contract says of it to readers who do not know the contract.

    `schema` is a list of `name: type` lines, `key` names the columns that identify a row, `made_from` the datasets
    (`layer/dataset`) it was made from, `warehouse` the schema of Postgres that mirrors it, if any does. `change` is
    there when its run continued another.
    """

    name: str
    grain: str
    schema: tuple[str, ...]
    partitions: tuple[Partition, ...]
    key: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()
    warehouse: str | None = None
    change: Change | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(line.split(":")[0] for line in self.schema)

    @property
    def rows(self) -> int:
        """Those it holds: added and not taken back."""
        return sum(part.sign * part.rows for part in self.partitions)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.partitions)

    @property
    def content_digest(self) -> str:
        """Of the rows it holds, however they are cut into partitions."""
        added, removed = ([part.content_digest for part in self.partitions if part.sign == sign] for sign in (1, -1))
        return total_digest(added, removed)


@dataclass(frozen=True, slots=True)
class Source:
    """Another manifest, by its layer or by its run, and the digest it had when it was read."""

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
    """What one stage of one run made. Build it, then read `digest`; it is immutable once put.

    `version` is that of the rule its digest follows; what is made now has the newest. `continues` is the manifest of
    the same layer that it grew out of, by its run: that says how it was made and not what it is.
    """

    run_id: str
    layer: str
    parameters: Mapping[str, Any]
    inputs: tuple[Source, ...]
    datasets: tuple[Dataset, ...]
    checks: tuple[Check, ...] = ()
    code: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, str] = field(default_factory=dict)
    continues: Source | None = None
    version: int = rules.NEWEST

    @property
    def digest(self) -> str:
        """SHA-256 over what the data is, by the rule of its version: see `rules`."""
        return rules.digest(self)

    @property
    def stage(self) -> str:
        """The stage that made it."""
        return self.code["service"]

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """Those of all its datasets."""
        return tuple(part for dataset in self.datasets for part in dataset.partitions)

    def dataset(self, name: str) -> Dataset:
        """The dataset of that name; raises UpstreamBroken when the run was made without it."""
        found = self.find(name)
        if found is None:
            names = ", ".join(dataset.name for dataset in self.datasets)
            raise UpstreamBroken(
                f"The {self.layer} manifest of run {self.run_id} must hold the dataset {name!r}, found {names}: "
                f"run the stage again."
            )
        return found

    def find(self, name: str) -> Dataset | None:
        return next((dataset for dataset in self.datasets if dataset.name == name), None)

    def is_same_data(self, other: Manifest) -> bool:
        """Whether both name the same data, whatever the versions of their rules and whatever else was read."""
        inputs = set(self.inputs)
        return rules.data(self) == rules.data(other) and (inputs <= set(other.inputs) or inputs >= set(other.inputs))


def schema_fields(schema: pa.Schema) -> tuple[str, ...]:
    """One `name: type [not null]` line per column."""
    return tuple(f"{f.name}: {f.type}{'' if f.nullable else ' not null'}" for f in schema)
