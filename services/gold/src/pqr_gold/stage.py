"""The gold stage: partial counts of new silver partitions, totals, one task per mart, the figures held together."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from pqr_common import (
    Check,
    Contract,
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
from pqr_gold.marts import MARTS, PARTIALS, SHOWN
from pqr_gold.partials import FLOW
from pqr_gold.schema import TICKETS
from pqr_gold.transform import cuts, mart, partials, reconciliation, total
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
    window_from, _ = Parameters.of(context.parameters).window
    for name, table in partials(tickets, task.arguments, window_from=window_from, sign=part.sign).items():
        yield Exchange(name, {WHOLE: table}, table.schema)


def plan_totals(inputs: StageInputs) -> list[Task]:
    """One task per partial: the base's total, and what has come since; `digest` says what is counted."""
    made = inputs.previous["partials"]
    parts = {name: _base(inputs, name) + tuple(ref for ref in made if ref.name == name) for name in PARTIALS}
    needed = {partial.name for each in MARTS.values() if each.sql for partial in each.needs}
    said = {name: {"digest": _stored(name)[1], "is_needed": name in needed} for name in PARTIALS}
    return [Task(name, parts[name], said[name]) for name in PARTIALS]


def work_totals(task: Task, context: TaskContext) -> Iterable[Output | Partition | Exchange]:
    """A total is one partition, or one for each month of it; a month in which nothing changed is left as it is."""
    refs = [ref for ref in task.inputs if isinstance(ref, ExchangeRef)]
    before = {_month(part): part for part in task.inputs if isinstance(part, Partition)}
    contract, digest = _stored(task.key)
    _, last_day = Parameters.of(context.parameters).window
    added = total(task.key, [context.read_bucket(refs, WHOLE)] if refs else [], last_day)
    changed = cuts(task.key, added) or ({} if before else {"": added})
    made: dict[str, pa.Table] = {}
    for month, rows in changed.items():
        part = before.pop(month, None)
        made[month] = total(task.key, [rows, context.read(part)], last_day) if part else rows
        yield Output(contract.dataset, f"{digest}/{month}".rstrip("/"), table=made[month])
    yield from before.values()
    if task.arguments["is_needed"]:
        made |= {month: context.read(part) for month, part in before.items()}
        whole = pa.concat_tables(made[month] for month in sorted(made))
        yield Exchange(task.key, {WHOLE: whole}, whole.schema)


def plan_marts(inputs: StageInputs) -> list[Task]:
    """One task per mart that is no total, with the totals it needs; `digest` makes a changed mart another task."""
    made = {ref.name: ref for ref in inputs.previous["totals"]}
    return [
        Task(name, tuple(made[partial.name] for partial in each.needs), {"digest": each.digest})
        for name, each in MARTS.items()
        if each.sql
    ]


def work_marts(task: Task, context: TaskContext) -> Iterable[Output]:
    totals = {ref.name: context.read_bucket([ref], WHOLE) for ref in task.inputs if isinstance(ref, ExchangeRef)}
    parameters = Parameters.of(context.parameters)
    yield Output(task.key, "part-00000", table=mart(task.key, totals, parameters.window, opens_on=parameters.opens_on))


def reconciled(outcome: StageOutcome, settings: Settings) -> list[Check]:
    """Read the finished marts (small by construction) and hold their figures to each other and to silver."""
    lake = open_lake(settings.lake)
    names = (*MARTS, FLOW.total.dataset)
    parts = {name: [parquet_table(lake.read(part)) for part in outcome.partitions[name]] for name in names}
    made = {name: pa.concat_tables(tables) for name, tables in parts.items()}
    flow = made.pop(FLOW.total.dataset)
    return reconciliation(made, outcome.inputs.manifests["silver"].dataset("tickets").rows, flow)


def _stored(name: str) -> tuple[Contract, str]:
    """The dataset that a partial's total is, a mart or one of gold's own, and the digest of what it counts."""
    shown = SHOWN.get(name)
    return (shown.contract, shown.digest) if shown else (PARTIALS[name].total, PARTIALS[name].digest)


def _base(inputs: StageInputs, name: str) -> tuple[Partition, ...]:
    """The base's total of a partial, if it counted the same, which its keys say."""
    (contract, digest), gold = _stored(name), inputs.base.get("gold")
    found = gold.find(contract.dataset) if gold else None
    return tuple(part for part in found.partitions if part.key.split("/")[0] == digest) if found else ()


def _month(part: Partition) -> str:
    """That of a total which is cut by months."""
    return part.key.partition("/")[2]


def _key(part: Partition) -> str:
    """Rows that are added and rows that are taken back may have one key."""
    return part.key if part.sign > 0 else f"{part.key}-taken-back"


STAGE = Stage(
    name="gold",
    writes="gold",
    package="pqr_gold",
    requires={"silver": (TICKETS,)},
    produces=(
        *(each.contract for each in MARTS.values()),
        *(each.total for name, each in PARTIALS.items() if name not in SHOWN),
    ),
    phases=(
        Phase("partials", plan_partials, work_partials, parameters=("window_from",)),
        Phase("totals", plan_totals, work_totals, parameters=("window_to",)),
        Phase("marts", plan_marts, work_marts, parameters=("window_from", "window_to", "opens_on")),
    ),
    commit=reconciled,
    continues=True,
)
