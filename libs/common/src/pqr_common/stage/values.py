"""The values that a stage's functions take and give: tasks, outputs, rows between phases, what they look at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from pqr_common.manifest.parameters import RunParameters
from pqr_common.manifest.values import Manifest, Partition

__all__ = [
    "Cut",
    "Exchange",
    "ExchangeRef",
    "Output",
    "Slice",
    "StageInputs",
    "StageOutcome",
    "Task",
    "TaskContext",
]


@dataclass(frozen=True, slots=True)
class Slice:
    """One bucket of an exchange object: a byte range that holds one Arrow IPC stream."""

    offset: int
    length: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExchangeRef:
    """An exchange object that a task of an earlier phase wrote; `slices` by bucket, -1 holds the bare schema."""

    name: str
    task: str
    path: str
    slices: Mapping[int, Slice]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.slices.values())

    def only(self, bucket: int) -> ExchangeRef:
        """The same reference trimmed to one bucket, so that a task carries no index it does not need."""
        kept = {number: part for number, part in self.slices.items() if number in (bucket, -1)}
        return ExchangeRef(self.name, self.task, self.path, kept)


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of a phase that runs alone on one worker. `key` is unique in the phase and fit for a file name.

    A task may do the work of several `members` together because that is quicker: then each has a receipt of its own,
    the work is given the members that are still to be done, and every output says by `Output.member` whose it is.
    """

    key: str
    inputs: tuple[Partition | ExchangeRef, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    members: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """So many of the next rows of an output's table are a partition of their own; its fields are those of an output."""

    key: str
    rows: int
    rejected: int = 0
    place: str | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One partition of a dataset: a table (written as Parquet) or JSON lines (written as they are).

    `cuts` make a table several partitions, which is quicker than an output for each.

    `place` is where below the dataset's folder it lies, if not at its key. `sign` is -1 for rows that are taken back.
    """

    dataset: str
    key: str
    table: pa.Table | None = None
    lines: bytes | memoryview | None = None
    rows: int | None = None
    rejected: int = 0
    min_at: str | None = None
    max_at: str | None = None
    place: str | None = None
    sign: int = 1
    member: str | None = None
    cuts: tuple[Cut, ...] | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """Rows on their way to a later phase, by bucket; deleted when the stage is committed."""

    name: str
    buckets: Mapping[int, pa.Table]
    schema: pa.Schema


class TaskContext(Protocol):
    """What work may use of the world, on a worker."""

    run_id: str
    parameters: RunParameters
    settings: Mapping[str, Any]  # those that the stage declares, secrets as text

    def read(self, partition: Partition, columns: list[str] | None = None) -> pa.Table:
        """A Parquet partition whose bytes match its hash; raises UpstreamBroken naming it otherwise."""

    def read_lines(self, partition: Partition) -> bytes:
        """A raw object whose bytes match its hash; raises UpstreamBroken naming it otherwise."""

    def read_bucket(self, refs: Iterable[ExchangeRef], bucket: int) -> pa.Table:
        """One bucket of all these exchange objects, in their order, as one table."""


@dataclass(frozen=True, slots=True)
class StageInputs:
    """What planning may look at. `previous` holds the exchanges of this stage's earlier phases.

    `base` holds the manifests, by layer, of the run that this one continues, the stage's own among them: then only what
    was `added` upstream since is to be worked on. It is empty when there is none, and then everything is.
    """

    run_id: str
    parameters: RunParameters
    manifests: Mapping[str, Manifest]
    previous: Mapping[str, tuple[ExchangeRef, ...]] = field(default_factory=dict)
    base: Mapping[str, Manifest] = field(default_factory=dict)

    def added(self, layer: str, dataset: str) -> tuple[Partition, ...]:
        """The partitions of an upstream dataset that the run before had not."""
        before = self.base[layer].find(dataset) if layer in self.base else None
        known = {part.identity for part in before.partitions} if before else set()
        return tuple(part for part in self.manifests[layer].dataset(dataset).partitions if part.identity not in known)


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """What a stage made, before it is committed: partitions by dataset, and what it was made from."""

    inputs: StageInputs
    partitions: Mapping[str, tuple[Partition, ...]]

    def rows(self, dataset: str) -> int:
        """Those added and not taken back."""
        return sum(part.sign * part.rows for part in self.partitions.get(dataset, ()))

    def counted(self, dataset: str) -> int:
        """The rows its partitions report as rejected."""
        return sum(part.rejected for part in self.partitions.get(dataset, ()))
