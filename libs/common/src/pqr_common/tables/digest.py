"""The content digest: what a table says, whatever its order, partitioning or file format.

A row's bytes are the versioned row encoding of `polars_hash` (unambiguous for nulls, lengths and types); its
hash is XXH3-128; the digest is the row count and the sum of the hashes modulo 2^128. Sums of partitions
therefore add up to the digest of the whole. It finds change, not malice: objects carry a SHA-256 beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import polars
import polars_hash
import pyarrow as pa

from pqr_common.tables.totals import worded

__all__ = ["content_digest", "content_digests"]

ROW_ENCODING = 1


def content_digest(table: pa.Table) -> str:
    """`<rows>-<32 hex digits>` of a table of scalar columns; column order counts, row order does not."""
    return content_digests(table, [table.num_rows])[0]


def content_digests(table: pa.Table, lengths: Sequence[int]) -> list[str]:
    """The digests of consecutive pieces of a table: as many rows each as `lengths` says."""
    if table.num_rows == 0:
        return [worded(0, 0) for _ in lengths]
    frame = polars.DataFrame(polars.from_arrow(table))
    row_hash = polars_hash.hash_rows(polars.all(), version=ROW_ENCODING).nchash.xxh3_128()
    if len(lengths) == 1:
        return [worded(table.num_rows, frame.select(row_hash.alias("hash").sum()).item())]
    hashes = frame.select(row_hash.alias("hash")).to_series()
    ends = itertools.accumulate(lengths)
    return [worded(rows, int(hashes.slice(end - rows, rows).sum())) for rows, end in zip(lengths, ends, strict=True)]
