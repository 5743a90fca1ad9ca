"""The gold stage: partial counts of each silver partition, then one task per mart, then the figures held together."""

from __future__ import annotations

from collections.abc import Iterable

from pqr_common import (
    Check,
    Exchange,
    ExchangeRef,
    Output,
    Partition,
    Phase,
    Settings,
    Stage,
    StageInputs,
    StageOutcome,
    Task,
    TaskContext,
    open_lake,
    parquet_table,
)
from pqr_gold.marts import MARTS, PARTIALS
from pqr_gold.schema import TICKETS
from pqr_gold.transform import mart, partials, reconciliation
from pqrs.parameters import Parameters

__all__ = ["STAGE"]

WHOLE = 0  # partials are so small that each travels in a single bucket


def plan_partials(inputs: StageInputs) -> list[Task]:
    """One task per partition of silver's tickets."""
    counted = {name: partial.sql for name, partial in PARTIALS.items()}
    return [Task(part.key, (part,), counted) for part in inputs.manifests["silver"].dataset("tickets").partitions]


def work_partials(task: Task, context: TaskContext) -> Iterable[Exchange]:
    (part,) = (part for part in task.inputs if isinstance(part, Partition))
    window = Parameters.of(context.parameters).window
    for name, table in partials(context.read(part, TICKETS.schema.names), *window).items():
        yield Exchange(name, {WHOLE: table}, table.schema)


def plan_marts(inputs: StageInputs) -> list[Task]:
    """One task per mart, with the partials it needs of every partition; `digest` makes a changed mart another task."""
    made = inputs.previous["partials"]
    needs = {name: {partial.name for partial in each.needs} for name, each in MARTS.items()}
    return [
        Task(name, tuple(ref for ref in made if ref.name in needs[name]), {"digest": each.digest})
        for name, each in MARTS.items()
    ]


def work_marts(task: Task, context: TaskContext) -> Iterable[Output]:
    refs = [ref for ref in task.inputs if isinstance(ref, ExchangeRef)]
    needed = {partial.name for partial in MARTS[task.key].needs}
    parts = {name: context.read_bucket([ref for ref in refs if ref.name == name], WHOLE) for name in needed}
    made = mart(task.key, parts, Parameters.of(context.parameters).window)
    yield Output(task.key, "part-00000", table=made)


def reconciled(outcome: StageOutcome, settings: Settings) -> list[Check]:
    """Read the finished marts (small by construction) and hold their figures to each other and to silver."""
    lake = open_lake(settings.lake)
    marts = {name: parquet_table(lake.read(parts[0])) for name, parts in outcome.partitions.items()}
    return reconciliation(marts, outcome.inputs.manifests["silver"].dataset("tickets").rows)


STAGE = Stage(
    name="gold",
    writes="gold",
    package="pqr_gold",
    requires={"silver": (TICKETS,)},
    produces=tuple(each.contract for each in MARTS.values()),
    phases=(Phase("partials", plan_partials, work_partials), Phase("marts", plan_marts, work_marts)),
    commit=reconciled,
)
