"""Rows between phases: all buckets of a task in one object, each an Arrow stream that is read by its byte range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from pqr_common.canonical import sha256_hex
from pqr_common.errors import UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.stage.values import Exchange, ExchangeRef, Slice

__all__ = ["exchange_bytes", "read_bucket"]

SCHEMA_BUCKET = -1
IPC_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def exchange_bytes(exchange: Exchange) -> tuple[bytes, Mapping[int, Slice]]:
    """The object's bytes, and where in them each bucket lies."""
    tables = {SCHEMA_BUCKET: exchange.schema.empty_table()}
    tables |= {bucket: table for bucket, table in exchange.buckets.items() if table.num_rows}
    streams: list[pa.Buffer] = []
    slices: dict[int, Slice] = {}
    offset = 0
    for bucket, table in tables.items():
        stream = _stream_bytes(table.cast(exchange.schema) if table.schema != exchange.schema else table)
        slices[bucket] = Slice(offset, stream.size, table.num_rows, sha256_hex(memoryview(stream)))
        streams.append(stream)
        offset += stream.size
    return b"".join(memoryview(stream) for stream in streams), slices


def read_bucket(lake: Lake, refs: Iterable[ExchangeRef], bucket: int) -> pa.Table:
    """One bucket of these objects, in their order, as one table; raises UpstreamBroken for altered bytes."""
    refs = list(refs)
    held = [(ref.path, ref.slices[bucket]) for ref in refs if bucket in ref.slices]
    tables = [_read(lake, *each) for each in held or [(refs[0].path, refs[0].slices[SCHEMA_BUCKET])]]
    return pa.concat_tables(tables).combine_chunks()


def _read(lake: Lake, path: str, where: Slice) -> pa.Table:
    data = lake.get_range(path, where.offset, where.length)
    if sha256_hex(data) != where.sha256:
        raise UpstreamBroken(
            f"The exchange object {path} must have the bytes it was written with, found others at offset "
            f"{where.offset}: delete it and run `pqr retry`."
        )
    return pa.ipc.open_stream(pa.BufferReader(data)).read_all()


def _stream_bytes(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=IPC_OPTIONS) as writer:
        writer.write_table(table)
    return sink.getvalue()
