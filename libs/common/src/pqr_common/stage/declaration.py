"""What a stage is: a declaration of what it reads, makes and checks; `driver.run_stage` carries any of them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pqr_common.manifest.graph import EVERY_LAYER, Node
from pqr_common.manifest.values import Check, Dataset, Partition
from pqr_common.stage.values import Exchange, Output, StageInputs, StageOutcome, Task, TaskContext
from pqr_common.tables.contract import Contract

if TYPE_CHECKING:
    from pqr_common.process.settings import Settings

__all__ = ["Phase", "Stage"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One map over tasks. Both functions live at module level, since workers find them by name.

    Work yields outputs and exchanges for the runner to write, or partitions it has put elsewhere itself. What is
    not `resumable` is worked again in every attempt, because the work knows better what is already there.
    `parameters` names the parameters of the run that the work depends on besides its inputs and arguments, None all of
    them: the fewer, the more runs find that they share a task.
    """

    name: str
    plan: Callable[[StageInputs], list[Task]]
    work: Callable[[Task, TaskContext], Iterable[Output | Exchange | Partition]]
    resumable: bool = True
    parameters: tuple[str, ...] | None = None


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
    for every dataset of the layer. `EVERY_LAYER` stands for every layer of the run: there it depends on what has one of
    these names and on whatever the warehouse mirrors. `settings` names what its work may
    see of the settings on a worker, and nothing else travels there. `mirrors` gives the datasets it makes that follow
    from the manifests it reads; `produces` those that it declares itself.

    A stage that `continues` may be given the manifests of a run with fewer days, when all that those stand on is still
    part of this run. The partitions of the datasets it `keeps` are then part of this run as well, and it works on
    what was added.

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
    continues: bool = False
    keeps: tuple[str, ...] = ()

    def requires_of(self, layer: str) -> tuple[Contract, ...]:
        return self.requires.get(layer) or self.requires.get(EVERY_LAYER, ())

    @property
    def node(self) -> Node:
        return Node(self.name, self.writes, tuple(self.requires))

    def contract(self, dataset: str) -> Contract:
        return next(contract for contract in self.produces if contract.dataset == dataset)
