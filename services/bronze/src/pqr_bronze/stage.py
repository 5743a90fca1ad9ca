"""The bronze stage: groups raw objects into tasks and hands each one's bytes to the transform."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pqr_bronze.schema import PRODUCES, RAW_LINES
from pqr_bronze.transform import RawObject, transform
from pqr_common import Check, Output, Partition, Phase, Stage, StageInputs, StageOutcome, Task, TaskContext

__all__ = ["STAGE"]

# A worker holds a task's bytes about five times over (raw, parsed, typed, written): 64 MiB keep it below 1 GB.
TASK_BYTES = 64 * 2**20


def plan(inputs: StageInputs) -> list[Task]:
    """Consecutive raw objects up to TASK_BYTES per task; many small days share one, a large object has its own."""
    groups: list[list[Partition]] = [[]]
    size = 0
    for partition in inputs.manifests["raw"].dataset("emails").partitions:
        if groups[-1] and size + partition.bytes > TASK_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(partition)
        size += partition.bytes
    return [Task(f"part-{number:05d}", tuple(group)) for number, group in enumerate(groups) if group]


def work(task: Task, context: TaskContext) -> Iterable[Output]:
    """Read the task's raw objects, each verified against its hash."""
    objects = [_raw_object(part, context.read_lines(part)) for part in task.inputs if isinstance(part, Partition)]
    outcome = transform(objects)
    yield Output("emails", task.key, outcome.emails, rejected=outcome.rejects.num_rows)
    yield Output("rejects", task.key, outcome.rejects)


def checks(outcome: StageOutcome) -> list[Check]:
    """Every raw line is an e-mail or a reject."""
    raw = outcome.inputs.manifests["raw"].dataset("emails").rows
    return [Check.equal("bronze_row_balance", outcome.rows("emails") + outcome.rows("rejects"), raw)]


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
    phases=(Phase("parse", plan, work),),
    checks=checks,
)
