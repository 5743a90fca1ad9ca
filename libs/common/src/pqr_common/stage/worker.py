"""The worker's side of a stage: verified reads, written outputs, and the receipt that lets a retry skip a task."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.canonical import sha256_hex
from pqr_common.errors import ContractBroken
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake, LakeLocation
from pqr_common.manifest import layout
from pqr_common.manifest.parameters import RunParameters
from pqr_common.manifest.values import Partition
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.exchange import exchange_bytes, read_bucket
from pqr_common.stage.receipts import Receipt, Verdict, fingerprint, verdict
from pqr_common.stage.values import Exchange, ExchangeRef, Output, Task
from pqr_common.tables.contract import conform, violations
from pqr_common.tables.digest import content_digest
from pqr_common.tables.parquet import parquet_bytes, parquet_table

__all__ = ["Assignment", "LakeContext", "TaskResult", "perform"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everything a worker needs besides the task."""

    stage: Stage
    phase: Phase
    run_id: str
    parameters: RunParameters
    lake: LakeLocation
    settings: Mapping[str, Any]  # those that the stage declares
    made_from: str  # digest of upstream, code and settings: a receipt that differs is no longer true


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a task made, now or, when `verdict` is unchanged, in an earlier attempt."""

    task: str
    partitions: tuple[Partition, ...]
    exchanges: tuple[ExchangeRef, ...]
    verdict: Verdict
    seconds: float = 0.0
    rows_read: int = 0
    bytes_read: int = 0


@dataclass(slots=True)
class LakeContext:
    """The `TaskContext` of a stage's work, on a lake."""

    lake: Lake
    run_id: str
    parameters: RunParameters
    settings: Mapping[str, Any]
    read_rows: int = field(default=0, init=False)
    read_bytes: int = field(default=0, init=False)

    def read(self, partition: Partition, columns: list[str] | None = None) -> pa.Table:
        return parquet_table(self.read_lines(partition), columns)

    def read_lines(self, partition: Partition) -> bytes:
        data = self.lake.read(partition)
        self.read_rows += partition.rows
        self.read_bytes += len(data)
        return data

    def read_bucket(self, refs: Iterable[ExchangeRef], bucket: int) -> pa.Table:
        return read_bucket(self.lake, refs, bucket)


def perform(assignment: Assignment, task: Task) -> TaskResult:
    """Do one task on this worker, or find that it is done."""
    lake = worker_lake(assignment.lake)
    key = layout.receipt_key(assignment.run_id, stage=assignment.stage.name, phase=assignment.phase.name, task=task.key)
    made_from = fingerprint(assignment.made_from, assignment.phase.name, task)
    judged = Verdict.NEW
    if assignment.phase.resumable:
        judged, receipt = _found(lake, key, made_from)
        if receipt is not None and judged is Verdict.UNCHANGED:
            return TaskResult(task.key, receipt.partitions, receipt.exchanges, judged)
    result = _worked(assignment, task, judged=judged)
    if assignment.phase.resumable:
        lake.put(key, Receipt(made_from, result.partitions, result.exchanges).to_json())
    return result


def _worked(assignment: Assignment, task: Task, *, judged: Verdict) -> TaskResult:
    started = time.perf_counter()
    lake = worker_lake(assignment.lake)
    context = LakeContext(lake, assignment.run_id, assignment.parameters, assignment.settings)
    partitions: list[Partition] = []
    exchanges: list[ExchangeRef] = []
    for made in assignment.phase.work(task, context):
        if isinstance(made, Exchange):
            exchanges.append(_put_exchange(assignment, task, made))
        else:
            partitions.append(made if isinstance(made, Partition) else _put_output(lake, assignment, made))
    return TaskResult(
        task=task.key,
        partitions=tuple(partitions),
        exchanges=tuple(exchanges),
        verdict=judged,
        seconds=time.perf_counter() - started,
        rows_read=context.read_rows,
        bytes_read=context.read_bytes,
    )


@cache
def worker_lake(location: LakeLocation) -> Lake:
    """One client a process; opening one for each task costs more than many tasks."""
    return open_lake(location)


def _put_output(lake: Lake, assignment: Assignment, output: Output) -> Partition:
    if output.table is None:
        data, digest, rows, extension = output.lines or b"", "", output.rows or 0, "jsonl"
        bounds = output.min_at, output.max_at
    else:
        contract = assignment.stage.contract(output.dataset)
        table = conform(output.table, contract)
        _refuse_violations(assignment, output, violations(table, contract))
        data, digest, rows = parquet_bytes(table, contract), content_digest(table), table.num_rows
        extension = "parquet"
        bounds = _bounds(table, contract.event_time)
    sha256 = sha256_hex(data)
    dataset, name = f"{assignment.stage.writes}/{output.dataset}", f"{output.place or output.key}.{extension}"
    path = layout.data_key(dataset, assignment.run_id, name=name, sha256=sha256)
    lake.put(path, data)
    return Partition(
        dataset=output.dataset,
        key=output.key,
        path=path,
        rows=rows,
        bytes=len(data),
        sha256=sha256,
        # JSON lines promise their bytes, so their content digest is that of the bytes.
        content_digest=digest or f"{rows}-{sha256[:32]}",
        min_at=bounds[0],
        max_at=bounds[1],
        rejected=output.rejected,
    )


def _refuse_violations(assignment: Assignment, output: Output, found: list[str]) -> None:
    if found:
        raise ContractBroken(
            f"The dataset {assignment.stage.writes}/{output.dataset} must keep its contract, found in partition "
            f"{output.key!r} of run {assignment.run_id}: {'; '.join(found)}; correct the {assignment.stage.name} stage."
        )


def _bounds(table: pa.Table, column: str | None) -> tuple[str | None, str | None]:
    if column is None or not table.num_rows:
        return None, None
    bounds = pc.min_max(table.column(column)).as_py()
    return _instant(bounds["min"]), _instant(bounds["max"])


def _instant(value: Any) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def _put_exchange(assignment: Assignment, task: Task, exchange: Exchange) -> ExchangeRef:
    data, slices = exchange_bytes(exchange)
    name = f"{assignment.phase.name}/{exchange.name}-{task.key}"
    path = layout.exchange_key(assignment.stage.writes, assignment.run_id, name=name, sha256=sha256_hex(data))
    worker_lake(assignment.lake).put(path, data)
    return ExchangeRef(exchange.name, task.key, path, slices)


def _found(lake: Lake, key: str, made_from: str) -> tuple[Verdict, Receipt | None]:
    """What an earlier attempt left of this task, and whether it can stand."""
    data = lake.find(key)
    receipt = Receipt.from_json(data) if data is not None else None
    objects = receipt.objects() if receipt is not None and receipt.made_from == made_from else {}
    is_intact = all(_is_intact(lake, path, ranges) for path, ranges in objects.items())
    return verdict(receipt, made_from, is_intact=is_intact), receipt


def _is_intact(lake: Lake, path: str, ranges: list[tuple[int, int, str]]) -> bool:
    data = lake.find(path)
    if data is None or len(data) != sum(length for _, length, _ in ranges):
        return False
    view = memoryview(data)
    return all(sha256_hex(view[offset : offset + length]) == digest for offset, length, digest in ranges)
