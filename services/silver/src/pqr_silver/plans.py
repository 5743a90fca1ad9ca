"""The tasks of silver's phases: what of bronze is new, by bucket, and what of the run before each needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from pqr_common import ExchangeRef, Manifest, Partition, StageInputs, Task
from pqr_silver.memory import overlapping, reach, recent
from pqrs.parameters import Parameters

__all__ = ["bucket_count", "plan_fold", "plan_move", "plan_resolve", "plan_split"]

TASK_ROWS = 140_000  # about 100 MB of e-mails in memory
BUCKET_ROWS = 150_000  # of e-mails, at most
WHOLE_ROWS = 20_000  # so few are quicker done by one task


def bucket_count(rows: int) -> int:
    """How many buckets hold this many e-mails; it follows from the data alone, never from the workers.

    A power of two, so that buckets of runs with more and with fewer of them fit into each other.
    """
    needed = -(-rows // BUCKET_ROWS)
    return 1 if rows <= WHOLE_ROWS else max(2, 1 << (needed - 1).bit_length())


def plan_split(inputs: StageInputs) -> list[Task]:
    arguments = {"buckets": _buckets(inputs)}
    return [Task(group[0].key, tuple(group), arguments) for group in _groups(inputs.added("bronze", "emails"))]


def plan_resolve(inputs: StageInputs) -> list[Task]:
    """A task for each bucket of names of which there is anything."""
    refs = _exchanges(inputs, "orphans", "radicados", "claims")
    known = _own(inputs).dataset("radicados").partitions if inputs.base else ()
    before = recent(known, reach(_first_day(inputs))) if refs else []
    tasks = [_task(inputs, number, [*refs, *before]) for number in _held(inputs, refs)]
    return [replace(task, key=f"from={_first_day(inputs)}/names-{task.key}") for task in tasks]


def plan_move(inputs: StageInputs) -> list[Task]:
    """A task for each bucket of threads with e-mails that may have to leave it: seldom any."""
    moves = _exchanges(inputs, "moves")
    mails = _exchanges(inputs, "mails")
    return [_task(inputs, number, [*moves, *mails, *_old_tickets(inputs, number)]) for number in _held(inputs, moves)]


def plan_fold(inputs: StageInputs) -> list[Task]:
    mails = _exchanges(inputs, "mails", "found", "gone")
    return [_fold(inputs, number, mails) for number in range(_buckets(inputs))] if mails else []


def _groups(partitions: Iterable[Partition]) -> list[list[Partition]]:
    """Consecutive partitions up to TASK_ROWS together, since a task has its fixed cost."""
    groups: list[list[Partition]] = []
    rows = 0
    for part in partitions:
        rows += part.rows
        if not groups or rows > TASK_ROWS:
            groups.append([])
            rows = part.rows
        groups[-1].append(part)
    return groups


def _buckets(inputs: StageInputs) -> int:
    return bucket_count(sum(part.rows for part in inputs.added("bronze", "emails")))


def _first_day(inputs: StageInputs) -> date:
    """The first day of arrival that is new; the keys of bronze's partitions begin with theirs."""
    added = inputs.added("bronze", "emails")
    return min(date.fromisoformat(part.key.partition("/")[0]) for part in added)


def _own(inputs: StageInputs) -> Manifest:
    return inputs.base["silver"]


def _exchanges(inputs: StageInputs, *names: str) -> list[ExchangeRef]:
    return [ref for refs in inputs.previous.values() for ref in refs if ref.name in names]


def _held(inputs: StageInputs, refs: Iterable[ExchangeRef]) -> list[int]:
    """The buckets that hold any row of these."""
    held = {number for ref in refs for number in ref.slices}
    return [number for number in range(_buckets(inputs)) if number in held]


def _old_tickets(inputs: StageInputs, bucket: int) -> list[Partition]:
    return overlapping(_own(inputs), "tickets", bucket=bucket, buckets=_buckets(inputs)) if inputs.base else []


def _fold(inputs: StageInputs, bucket: int, mails: Iterable[ExchangeRef]) -> Task:
    """Tickets of long ago go along unread, for the rare request that is dated that long ago."""
    first, buckets = _first_day(inputs), _buckets(inputs)
    before: list[Partition] = []
    if inputs.base:
        seen = overlapping(_own(inputs), "seen", bucket=bucket, buckets=buckets)
        before = [*_old_tickets(inputs, bucket), *recent(seen, reach(first))]
    last = Parameters.of(inputs.parameters).window_to
    task = _task(inputs, bucket, [*mails, *before])
    arguments = {"since": reach(first), "reach": reach(last)}
    key = f"from={first}/bucket={bucket:05d}-of-{buckets:05d}"
    return replace(task, key=key, arguments={**task.arguments, **arguments})


def _task(inputs: StageInputs, bucket: int, given: Iterable[ExchangeRef | Partition]) -> Task:
    inputs_of = tuple(each.only(bucket) if isinstance(each, ExchangeRef) else each for each in given)
    return Task(f"part-{bucket:05d}", inputs_of, {"bucket": bucket, "buckets": _buckets(inputs)})
