"""The gold stage: partial counts of new silver partitions, totals, one task per mart, the figures held together."""

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
from pqr_gold.transform import mart, partials, reconciliation, total
from pqrs.parameters import Parameters

__all__ = ["STAGE"]

WHOLE = 0  # partials and totals are so small that each travels in a single bucket


def plan_partials(inputs: StageInputs) -> list[Task]:
    """One task per partition of silver's tickets that a total of the base lacks, with the partials that lack it."""
    counted = {name: partial.sql for name, partial in PARTIALS.items()}
    lacking = {name: sql for name, sql in counted.items() if not _base(inputs, name)}
    added = set(inputs.added("silver", "tickets"))
    parts = inputs.manifests["silver"].dataset("tickets").partitions
    tasks = [Task(_key(part), (part,), counted if part in added else lacking) for part in parts]
    return [task for task in tasks if task.arguments]


def work_partials(task: Task, context: TaskContext) -> Iterable[Exchange]:
    (part,) = (part for part in task.inputs if isinstance(part, Partition))
    tickets = context.read(part, TICKETS.schema.names)
    for name, table in partials(tickets, task.arguments, sign=part.sign).items():
        yield Exchange(name, {WHOLE: table}, table.schema)


def plan_totals(inputs: StageInputs) -> list[Task]:
    """One task per partial: the base's total, and what has come since."""
    made = inputs.previous["partials"]
    return [
        Task(name, _base(inputs, name) + tuple(ref for ref in made if ref.name == name), {"digest": partial.digest})
        for name, partial in PARTIALS.items()
    ]


def work_totals(task: Task, context: TaskContext) -> Iterable[Output | Exchange]:
    parts = [context.read(part) for part in task.inputs if isinstance(part, Partition)]
    refs = [ref for ref in task.inputs if isinstance(ref, ExchangeRef)]
    parts += [context.read_bucket(refs, WHOLE)] if refs else []
    _, last_day = Parameters.of(context.parameters).window
    made = total(task.key, parts, last_day)
    yield Output(PARTIALS[task.key].total.dataset, task.arguments["digest"], table=made)
    yield Exchange(task.key, {WHOLE: made}, made.schema)


def plan_marts(inputs: StageInputs) -> list[Task]:
    """One task per mart, with the totals it needs; `digest` makes a changed mart another task."""
    made = {ref.name: ref for ref in inputs.previous["totals"]}
    return [
        Task(name, tuple(made[partial.name] for partial in each.needs), {"digest": each.digest})
        for name, each in MARTS.items()
    ]


def work_marts(task: Task, context: TaskContext) -> Iterable[Output]:
    totals = {ref.name: context.read_bucket([ref], WHOLE) for ref in task.inputs if isinstance(ref, ExchangeRef)}
    made = mart(task.key, totals, Parameters.of(context.parameters).window)
    yield Output(task.key, "part-00000", table=made)


def reconciled(outcome: StageOutcome, settings: Settings) -> list[Check]:
    """Read the finished marts (small by construction) and hold their figures to each other and to silver."""
    lake = open_lake(settings.lake)
    marts = {name: parquet_table(lake.read(outcome.partitions[name][0])) for name in MARTS}
    return reconciliation(marts, outcome.inputs.manifests["silver"].dataset("tickets").rows)


def _base(inputs: StageInputs, name: str) -> tuple[Partition, ...]:
    """The base's total of a partial, if it counted the same, which its key says."""
    partial, gold = PARTIALS[name], inputs.base.get("gold")
    found = gold.find(partial.total.dataset) if gold else None
    return tuple(part for part in found.partitions if part.key == partial.digest) if found else ()


def _key(part: Partition) -> str:
    """Rows that are added and rows that are taken back may have one key."""
    return part.key if part.sign > 0 else f"{part.key}-taken-back"


STAGE = Stage(
    name="gold",
    writes="gold",
    package="pqr_gold",
    requires={"silver": (TICKETS,)},
    produces=(*(each.contract for each in MARTS.values()), *(each.total for each in PARTIALS.values())),
    phases=(
        Phase("partials", plan_partials, work_partials, parameters=()),
        Phase("totals", plan_totals, work_totals, parameters=("window_to",)),
        Phase("marts", plan_marts, work_marts, parameters=("window_from", "window_to")),
    ),
    commit=reconciled,
    continues=True,
)
