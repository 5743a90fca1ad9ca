"""The gold stage: partial counts of each silver partition, then one task a mart, then the figures held together."""

from __future__ import annotations

from collections.abc import Iterable

from pqr_common.lake.location import open_lake
from pqr_common.manifest.values import Check
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.values import Exchange, ExchangeRef, Output, StageInputs, StageOutcome, Task, TaskContext
from pqr_common.stage.worker import LakeContext
from pqr_gold.schema import MARTS, PRODUCES, REQUIRES, TICKETS
from pqr_gold.transform import NEEDS, mart, partials, reconciliation
from pqrs.parameters import Parameters

__all__ = ["STAGE"]

WHOLE = 0  # partials are so small that each travels in a single bucket


def plan_partials(inputs: StageInputs) -> list[Task]:
    """One task a partition of silver's tickets."""
    return [Task(part.key, (part,)) for part in inputs.manifests["silver"].dataset("tickets").partitions]


def work_partials(task: Task, bench: TaskContext) -> Iterable[Exchange]:
    tickets = bench.read(task.inputs[0], TICKETS.schema.names)  # type: ignore[arg-type]  # planned as a partition
    window = Parameters.of(bench.parameters).window
    for name, table in partials(tickets, *window).items():
        yield Exchange(name, {WHOLE: table}, table.schema)


def plan_marts(inputs: StageInputs) -> list[Task]:
    """One task a mart, with the partials it needs of every partition."""
    made = inputs.previous["partials"]
    return [Task(name, tuple(ref for ref in made if ref.name in NEEDS[name])) for name in MARTS]


def work_marts(task: Task, bench: TaskContext) -> Iterable[Output]:
    window = Parameters.of(bench.parameters).window
    refs = [ref for ref in task.inputs if isinstance(ref, ExchangeRef)]
    parts = {name: bench.read_bucket([ref for ref in refs if ref.name == name], WHOLE) for name in NEEDS[task.key]}
    yield Output(task.key, "part-00000", table=mart(task.key, parts, *window))


def reconciled(outcome: StageOutcome, settings: Settings) -> list[Check]:
    """Read the finished marts (small by construction) and hold their figures to each other and to silver."""
    inputs = outcome.inputs
    bench = LakeContext(open_lake(settings.lake), inputs.run_id, inputs.parameters, settings)
    marts = {name: bench.read(parts[0]) for name, parts in outcome.partitions.items()}
    return reconciliation(marts, inputs.manifests["silver"].dataset("tickets").rows)


STAGE = Stage(
    name="gold",
    writes="gold",
    package="pqr_gold",
    reads=("silver",),
    requires=REQUIRES,
    produces=PRODUCES,
    phases=(Phase("partials", plan_partials, work_partials), Phase("marts", plan_marts, work_marts)),
    commit=reconciled,
)
