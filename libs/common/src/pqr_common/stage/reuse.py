"""Which tasks need not be done again: their receipts, shared by all runs, and whether what those name still stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pqr_common.canonical import sha256_hex
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.values import Partition
from pqr_common.stage.assignment import Assignment, worker_lake
from pqr_common.stage.receipts import Receipt, fingerprint
from pqr_common.stage.values import ExchangeRef, Task

__all__ = ["Kept", "keep", "kept_of"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A task and its receipt, if what that names can stand; `was_there` when there is one that cannot."""

    task: Task
    made_from: str
    receipt: Receipt | None = None
    was_there: bool = False


def kept_of(assignment: Assignment, task: Task) -> Kept:
    """What an earlier attempt, of any run, left of this task, if that can stand."""
    made_from = fingerprint(assignment.depends_on, assignment.phase.name, task)
    if not assignment.phase.resumable:
        return Kept(task, made_from)
    lake = worker_lake(assignment.lake)
    was_there = False
    for key in _receipt_keys(assignment, task.key, made_from):
        data = lake.find(key)
        was_there |= data is not None
        receipt = Receipt.from_json(data) if data is not None else None
        if receipt is None or receipt.made_from != made_from:
            continue
        if all(_is_intact(lake, path, ranges) for path, ranges in receipt.objects().items()):
            return Kept(task, made_from, receipt, was_there)
    return Kept(task, made_from, None, was_there)


def keep(
    assignment: Assignment, kept: Kept, *, partitions: Iterable[Partition], exchanges: Iterable[ExchangeRef]
) -> None:
    """Leave a receipt for what was made now."""
    receipt = Receipt(kept.made_from, tuple(partitions), tuple(exchanges))
    shared, own = _receipt_keys(assignment, kept.task.key, kept.made_from)
    worker_lake(assignment.lake).put(own if receipt.exchanges else shared, receipt.to_json())


def _receipt_keys(assignment: Assignment, task: str, made_from: str) -> tuple[str, str]:
    """Where its receipt is: shared by all runs, or the run's own when its rows go on to another phase of that."""
    stage, phase = assignment.stage.name, assignment.phase.name
    return (
        layout.shared_receipt_key(stage, phase, made_from),
        layout.receipt_key(assignment.run_id, stage=stage, phase=phase, task=task),
    )


def _is_intact(lake: Lake, path: str, ranges: list[tuple[int, int, str]]) -> bool:
    data = lake.find(path)
    if data is None or len(data) != sum(length for _, length, _ in ranges):
        return False
    view = memoryview(data)
    return all(sha256_hex(view[offset : offset + length]) == digest for offset, length, digest in ranges)
