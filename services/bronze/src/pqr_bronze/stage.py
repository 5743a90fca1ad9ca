"""The bronze stage: groups raw objects into tasks and hands each one's bytes to the transform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from pqr_bronze.lines import RawObject
from pqr_bronze.schema import PRODUCES, RAW_LINES
from pqr_bronze.transform import transform
from pqr_common import Check, Cut, Output, Partition, Phase, Stage, StageInputs, StageOutcome, Task, TaskContext

__all__ = ["STAGE"]

# A worker holds a task's bytes about five times over (raw, parsed, typed, written): 64 MiB keep it below 1 GB.
TASK_BYTES = 64 * 2**20


def plan(inputs: StageInputs) -> list[Task]:
    """Consecutive raw objects up to TASK_BYTES per task; many small ones share one, a large object has its own."""
    groups: list[list[Partition]] = [[]]
    size = 0
    for partition in inputs.added("raw", "emails"):
        if groups[-1] and size + partition.bytes > TASK_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(partition)
        size += partition.bytes
    return [Task(group[0].key, members=tuple(Task(part.key, (part,)) for part in group)) for group in groups if group]


def work(task: Task, context: TaskContext) -> Iterable[Output]:
    """Read the task's raw objects, each verified against its hash."""
    parts = [part for member in task.members for part in member.inputs if isinstance(part, Partition)]
    objects = [_raw_object(part, context.read_lines(part)) for part in parts]
    outcome = transform(objects)
    rejected = _rows_by_object(outcome.rejects, objects)
    counted = zip(parts, _rows_by_object(outcome.emails, objects), rejected, strict=True)
    emails = tuple(_cut(part, good, rejected=bad) for part, good, bad in counted)
    yield Output("emails", task.key, outcome.emails, cuts=emails)
    rejects = tuple(_cut(part, bad) for part, bad in zip(parts, rejected, strict=True))
    yield Output("rejects", task.key, outcome.rejects, cuts=rejects)


def checks(outcome: StageOutcome) -> list[Check]:
    """Every raw line is an e-mail or a reject."""
    raw = outcome.inputs.manifests["raw"].dataset("emails").rows
    return [Check.equal("bronze_row_balance", outcome.rows("emails") + outcome.rows("rejects"), raw)]


def _rows_by_object(table: pa.Table, objects: Sequence[RawObject]) -> list[int]:
    """How many rows each object has, in the order of both."""
    days, parts = table.column("raw_day").to_numpy().astype("datetime64[D]"), table.column("raw_part").to_numpy()
    return [int(np.count_nonzero((days == np.datetime64(raw.day)) & (parts == raw.part))) for raw in objects]


def _cut(raw: Partition, rows: int, *, rejected: int = 0) -> Cut:
    """The rows of a raw object as a partition of its own, by its key."""
    day, _, part = raw.key.partition("/")
    return Cut(raw.key, rows, rejected, place=f"day={day}/{part}", member=raw.key)


def _raw_object(partition: Partition, data: bytes) -> RawObject:
    """Rejects name the object by its day and part, which are its key: its path holds the run and a digest too."""
    day, _, part = partition.key.partition("/")
    return RawObject(f"day={day}/{part}.jsonl", date.fromisoformat(day), int(part.removeprefix("part-")), data)


STAGE = Stage(
    name="bronze",
    writes="bronze",
    package="pqr_bronze",
    requires={"raw": (RAW_LINES,)},
    produces=PRODUCES,
    phases=(Phase("parse", plan, work, parameters=()),),
    checks=checks,
    continues=True,
    keeps=("emails", "rejects"),
)
