"""What a stage is: a declaration of what it reads, makes and checks, and the values its work takes and gives.

A service declares one `Stage`; `runner.run` is the one loop that carries any of them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from pqr_common.manifest.graph import Node
from pqr_common.manifest.values import Check, Dataset, Manifest, Partition, RunParameters
from pqr_common.tables.contract import Contract

if TYPE_CHECKING:
    from pqr_common.process.settings import Settings

__all__ = [
    "Exchange",
    "ExchangeRef",
    "Output",
    "Phase",
    "Slice",
    "Stage",
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
    """A piece of a phase that runs alone on one worker. `key` is unique in the phase and fit for a file name."""

    key: str
    inputs: tuple[Partition | ExchangeRef, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """One partition of a dataset: a table (written as Parquet) or JSON lines (written as they are).

    `place` is where below the run's folder it lies, if that is not its key.
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
    """What planning may look at. `previous` holds the exchanges of this stage's earlier phases."""

    run_id: str
    parameters: RunParameters
    manifests: Mapping[str, Manifest]
    previous: Mapping[str, tuple[ExchangeRef, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """What a stage made, before it is committed: partitions by dataset, and what it was made from."""

    inputs: StageInputs
    partitions: Mapping[str, tuple[Partition, ...]]

    def rows(self, dataset: str) -> int:
        return sum(part.rows for part in self.partitions.get(dataset, ()))

    def counted(self, dataset: str) -> int:
        """The rows its partitions report as rejected."""
        return sum(part.rejected for part in self.partitions.get(dataset, ()))


@dataclass(frozen=True, slots=True)
class Phase:
    """One map over tasks. Both functions live at module level, since workers find them by name.

    Work yields outputs and exchanges for the runner to write, or partitions it has put elsewhere itself. What is
    not `resumable` is worked again in every attempt, because the work knows better what is already there.
    """

    name: str
    plan: Callable[[StageInputs], list[Task]]
    work: Callable[[Task, TaskContext], Iterable[Output | Exchange | Partition]]
    resumable: bool = True


def _no_checks(_outcome: StageOutcome) -> list[Check]:
    return []


def _any_parameters(_parameters: Any) -> None:
    pass


def _always(_run_id: str, _settings: Settings) -> bool:
    return True


def _no_mirrors(_inputs: StageInputs) -> tuple[Dataset, ...]:
    return ()


def _no_fingerprint(_settings: Settings) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Stage:
    """A service's declaration: all that the graph, policies, lineage and records know of it follows from here.

    `writes` names the layer it makes. `requires` names, by layer, the contracts it depends on; an empty tuple stands
    for every dataset of the layer, and `EVERY_LAYER` for every layer of the run. `settings` names what its work may
    see of the settings on a worker, and nothing else travels there. `mirrors` gives the datasets it makes that follow
    from the manifests it reads; `produces` those that it declares itself.

    `validate` raises InvalidSettings for parameters the stage cannot serve, before anything is written. `fingerprint`
    gives what else of the settings decides the data; it goes into the manifest. `prepare` runs once in the driver,
    first; `commit` runs once in the driver when every phase and check passed, just before the manifest is put.
    `stands` says whether what a committed stage made outside the lake is still there; if not, the stage is run again.
    """

    name: str
    writes: str
    package: str
    requires: Mapping[str, tuple[Contract, ...]] = field(default_factory=dict)
    produces: tuple[Contract, ...] = ()
    phases: tuple[Phase, ...] = ()
    settings: tuple[str, ...] = ()
    mirrors: Callable[[StageInputs], tuple[Dataset, ...]] = _no_mirrors
    checks: Callable[[StageOutcome], list[Check]] = _no_checks
    validate: Callable[[Any], None] = _any_parameters
    fingerprint: Callable[[Settings], dict[str, str]] = _no_fingerprint
    prepare: Callable[[StageInputs, Settings], None] | None = None
    commit: Callable[[StageOutcome, Settings], list[Check]] | None = None
    stands: Callable[[str, Settings], bool] = _always

    @property
    def node(self) -> Node:
        return Node(self.name, self.writes, tuple(self.requires))

    def contract(self, dataset: str) -> Contract:
        return next(contract for contract in self.produces if contract.dataset == dataset)
