"""The worker's side of a stage: verified reads, written outputs, and the receipt that lets a retry skip a task."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.canonical import sha256_hex
from pqr_common.errors import ContractBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.parameters import RunParameters
from pqr_common.manifest.values import Partition
from pqr_common.process.memory import give_back
from pqr_common.stage.assignment import Assignment, worker_lake
from pqr_common.stage.exchange import exchange_bytes, read_bucket
from pqr_common.stage.receipts import Verdict
from pqr_common.stage.reuse import Kept, keep, kept_of
from pqr_common.stage.values import Cut, Exchange, ExchangeRef, Output, Task
from pqr_common.tables.contract import conform, violations
from pqr_common.tables.digest import content_digests
from pqr_common.tables.parquet import parquet_bytes, parquet_table

__all__ = ["LakeContext", "TaskResult", "perform"]


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
class Made:
    """What work made now; each partition with the member of the task that it is of."""

    partitions: list[tuple[str | None, Partition]] = field(default_factory=list)
    exchanges: list[ExchangeRef] = field(default_factory=list)
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
    """Do one task on this worker, or find that it is done; of a task with members, do what is not."""
    give_back()
    assignment.refuse_other_code()
    kept = [kept_of(assignment, member) for member in task.members or (task,)]
    undone = [each for each in kept if each.receipt is None]
    if not undone:
        return _reported(task, kept, Made(), verdict=Verdict.UNCHANGED)
    members = tuple(each.task for each in undone) if task.members else ()
    made = _worked(assignment, replace(task, members=members))
    if assignment.phase.resumable:
        for each in undone:
            whose = each.task.key if members else None
            partitions = [part for member, part in made.partitions if member == whose]
            keep(assignment, each, partitions=partitions, exchanges=made.exchanges)
    is_damaged = any(each.was_there for each in undone)
    return _reported(task, kept, made, verdict=Verdict.CHANGED if is_damaged else Verdict.NEW)


def _worked(assignment: Assignment, task: Task) -> Made:
    started = time.perf_counter()
    lake = worker_lake(assignment.lake)
    context = LakeContext(lake, assignment.run_id, assignment.parameters, assignment.settings)
    made = Made()
    for each in assignment.phase.work(task, context):
        if isinstance(each, Exchange):
            made.exchanges.append(_put_exchange(assignment, task, each))
        elif isinstance(each, Partition):
            made.partitions.append((None, each))
        else:
            made.partitions += _put_output(lake, assignment, each)
    made.seconds = time.perf_counter() - started
    made.rows_read, made.bytes_read = context.read_rows, context.read_bytes
    return made


def _reported(task: Task, kept: list[Kept], made: Made, *, verdict: Verdict) -> TaskResult:
    """What was found and what was made now, as one."""
    found = [each.receipt for each in kept if each.receipt is not None]
    return TaskResult(
        task=task.key,
        partitions=(*(p for receipt in found for p in receipt.partitions), *(p for _, p in made.partitions)),
        exchanges=(*(x for receipt in found for x in receipt.exchanges), *made.exchanges),
        verdict=verdict,
        seconds=made.seconds,
        rows_read=made.rows_read,
        bytes_read=made.bytes_read,
    )


def _put_output(lake: Lake, assignment: Assignment, output: Output) -> Iterator[tuple[str | None, Partition]]:
    """Put an output, or each of its cuts; gives partitions, each with the member of the task that it is of."""
    dataset = f"{assignment.stage.writes}/{output.dataset}"
    if output.table is None:
        data, bounds = output.lines or b"", (output.min_at, output.max_at)
        whole = Cut(output.key, output.rows or 0, output.rejected, output.place, output.member)
        yield whole.member, _put(lake, dataset, whole, data=data, name="jsonl", bounds=bounds)
        return
    contract = assignment.stage.contract(output.dataset)
    table = conform(output.table, contract)
    _refuse_violations(assignment, output, violations(table, contract))
    cuts = output.cuts or (Cut(output.key, table.num_rows, output.rejected, output.place, output.member),)
    begin = 0
    for cut, digest in zip(cuts, content_digests(table, [cut.rows for cut in cuts]), strict=True):
        piece = table.slice(begin, cut.rows)
        begin += cut.rows
        data, bounds = parquet_bytes(piece, contract), _bounds(piece, contract.event_time)
        put = _put(lake, dataset, cut, data=data, name="parquet", bounds=bounds)
        yield cut.member, replace(put, content_digest=digest, sign=output.sign)


def _put(
    lake: Lake, dataset: str, cut: Cut, *, data: bytes | memoryview, name: str, bounds: tuple[str | None, str | None]
) -> Partition:
    """Put an object, named by its bytes. JSON lines promise those, so their content digest is that of the bytes."""
    sha256 = sha256_hex(data)
    path = layout.data_key(dataset, name=f"{cut.place or cut.key}.{name}", sha256=sha256)
    lake.put(path, data)
    return Partition(
        dataset=dataset.partition("/")[2],
        key=cut.key,
        path=path,
        rows=cut.rows,
        bytes=len(data),
        sha256=sha256,
        content_digest=f"{cut.rows}-{sha256[:32]}",
        min_at=bounds[0],
        max_at=bounds[1],
        rejected=cut.rejected,
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
