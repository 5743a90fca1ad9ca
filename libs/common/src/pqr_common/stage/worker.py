"""The worker's side of a stage: verified reads, written outputs, and the receipt that lets a retry skip a task."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.canonical import sha256_hex
from pqr_common.errors import ContractBroken, UpstreamBroken
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.values import Partition, RunParameters
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Exchange, ExchangeRef, Output, Phase, Slice, Stage, Task
from pqr_common.stage.receipts import Receipt, Verdict, fingerprint, verdict
from pqr_common.tables.contract import conform, violations
from pqr_common.tables.digest import content_digest
from pqr_common.tables.parquet import parquet_bytes, parquet_table

__all__ = ["Assignment", "LakeContext", "TaskResult", "perform"]

SCHEMA_BUCKET = -1
IPC_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everything a worker needs besides the task."""

    stage: Stage
    phase: Phase
    run_id: str
    parameters: RunParameters
    settings: Settings
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
    settings: Settings
    read_rows: int = field(default=0, init=False)
    read_bytes: int = field(default=0, init=False)

    def read(self, partition: Partition, columns: list[str] | None = None) -> pa.Table:
        return parquet_table(self.read_lines(partition), columns)

    def read_lines(self, partition: Partition) -> bytes:
        data = self.lake.get(partition.path)
        verify_bytes(partition, data, self.lake.url)
        self.read_rows += partition.rows
        self.read_bytes += len(data)
        return data

    def read_bucket(self, refs: Iterable[ExchangeRef], bucket: int) -> pa.Table:
        refs = list(refs)
        held = [ref.slices[bucket] for ref in refs if bucket in ref.slices]
        tables = [_stream_table(self._slice(part)) for part in held or [refs[0].slices[SCHEMA_BUCKET]]]
        return pa.concat_tables(tables).combine_chunks()

    def _slice(self, part: Slice) -> bytes:
        data = self.lake.get_range(part.path, part.offset, part.length)
        if sha256_hex(data) != part.sha256:
            raise UpstreamBroken(
                f"The exchange object {part.path} must have the bytes it was written with, found others at offset "
                f"{part.offset}: delete it and run `pqr retry`."
            )
        return data


def verify_bytes(partition: Partition, data: bytes, where: str) -> None:
    """Raise UpstreamBroken, naming the object, unless its size and SHA-256 are those of its manifest."""
    if len(data) != partition.bytes:
        found = f"{len(data)} bytes instead of {partition.bytes}"
    elif (digest := sha256_hex(data)) != partition.sha256:
        found = f"SHA-256 {digest[:12]} instead of {partition.sha256[:12]}"
    else:
        return
    raise UpstreamBroken(
        f"The object {partition.path} must be what its manifest says, found {found} in {where}: "
        f"restore it, or run its stage under another run id."
    )


def perform(assignment: Assignment, task: Task) -> TaskResult:
    """Do one task on this worker, or find that it is done."""
    lake = worker_lake(assignment.settings)
    key = layout.receipt_key(assignment.run_id, assignment.stage.name, assignment.phase.name, task.key)
    made_from = fingerprint(assignment.made_from, assignment.phase.name, task)
    judged = Verdict.NEW
    if assignment.phase.resumable:
        judged, receipt = _found(lake, key, made_from)
        if receipt is not None and judged is Verdict.UNCHANGED:
            return TaskResult(task.key, receipt.partitions, receipt.exchanges, judged)
    result = _worked(assignment, task, lake, judged)
    if assignment.phase.resumable:
        lake.put(key, Receipt(made_from, result.partitions, result.exchanges).to_json())
    return result


def _worked(assignment: Assignment, task: Task, lake: Lake, judged: Verdict) -> TaskResult:
    started = time.perf_counter()
    bench = LakeContext(lake, assignment.run_id, assignment.parameters, assignment.settings)
    partitions: list[Partition] = []
    exchanges: list[ExchangeRef] = []
    for made in assignment.phase.work(task, bench):
        if isinstance(made, Exchange):
            exchanges.append(_put_exchange(lake, assignment, task, made))
        else:
            partitions.append(made if isinstance(made, Partition) else _put_output(lake, assignment, made))
    return TaskResult(
        task=task.key,
        partitions=tuple(partitions),
        exchanges=tuple(exchanges),
        verdict=judged,
        seconds=time.perf_counter() - started,
        rows_read=bench.read_rows,
        bytes_read=bench.read_bytes,
    )


@cache
def worker_lake(settings: Settings) -> Lake:
    """One client a process; opening one for each task costs more than many tasks."""
    return open_lake(settings.lake)


def _put_output(lake: Lake, assignment: Assignment, output: Output) -> Partition:
    path = output.path or layout.data_key(assignment.stage.writes, output.dataset, assignment.run_id, output.key)
    if output.table is None:
        data, digest, rows = output.lines or b"", "", output.rows or 0
        bounds = output.min_at, output.max_at
    else:
        contract = assignment.stage.contract(output.dataset)
        table = conform(output.table, contract)
        _refuse_violations(assignment, output, violations(table, contract))
        data, digest, rows = parquet_bytes(table, contract), content_digest(table), table.num_rows
        bounds = _bounds(table, contract.event_time)
    lake.put(path, data)
    sha256 = sha256_hex(data)
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


def _put_exchange(lake: Lake, assignment: Assignment, task: Task, exchange: Exchange) -> ExchangeRef:
    """All buckets in one object, each an IPC stream of its own, so that a reader fetches one byte range."""
    path = layout.exchange_key(
        assignment.stage.writes, assignment.run_id, assignment.phase.name, exchange.name, task.key
    )
    tables = {SCHEMA_BUCKET: exchange.schema.empty_table()}
    tables |= {bucket: table for bucket, table in exchange.buckets.items() if table.num_rows}
    streams: list[pa.Buffer] = []
    slices: dict[int, Slice] = {}
    offset = 0
    for bucket, table in tables.items():
        stream = _stream_bytes(table.cast(exchange.schema) if table.schema != exchange.schema else table)
        slices[bucket] = Slice(path, offset, stream.size, table.num_rows, sha256_hex(memoryview(stream)))
        streams.append(stream)
        offset += stream.size
    lake.put(path, b"".join(memoryview(stream) for stream in streams))
    return ExchangeRef(exchange.name, task.key, path, slices)


def _stream_bytes(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=IPC_OPTIONS) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _stream_table(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(pa.BufferReader(data)).read_all()


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
