"""Keys that must be the same in every run, process and version: buckets, ticket ids, pseudonyms. Pure."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import polars
import polars_hash  # noqa: F401  adds the hashes to polars expressions
import pyarrow as pa

from pqr_common import query

__all__ = ["Fingerprints", "bucket_numbers", "dealt", "fingerprints", "pseudonyms", "ticket_ids"]

PSEUDONYM_CHARS = 24  # 96 bits: no two citizens of any inbox share one by chance
TICKET_ID_CHARS = 20  # 80 bits: nor do two tickets

ROOT_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd: sets a root apart from a message of the same id

BucketNumbers = npt.NDArray[np.uint16]
Fingerprints = npt.NDArray[np.int64]


def bucket_numbers(keys: pa.ChunkedArray, buckets: int) -> BucketNumbers:
    """The bucket of each key: XXH3-64 of its UTF-8 bytes modulo `buckets`; 0 without a key."""
    hashed = polars.col("text").nchash.xxh3_64() % buckets  # type: ignore[attr-defined]
    return np.asarray(_mapped(keys, hashed.cast(polars.UInt16).fill_null(0)))


def fingerprints(roots: pa.DictionaryArray, messages: pa.ChunkedArray) -> Fingerprints:
    """64 bits that tell a message of a thread: XXH3-64 of the root times a constant, plus XXH3-64 of the Message-ID."""
    root = _hashed(pa.chunked_array([roots.dictionary])) * ROOT_FACTOR
    return np.asarray((root[roots.indices.to_numpy()] + _hashed(messages)).view(np.int64))


def dealt(table: pa.Table, numbers: BucketNumbers) -> dict[int, pa.Table]:
    """The rows of each bucket that has any, in the order they came."""
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers)).tolist()
    arranged = table.take(pa.array(order)).combine_chunks()
    bounds = enumerate(itertools.pairwise([0, *ends]))
    return {number: arranged.slice(start, end - start) for number, (start, end) in bounds if end > start}


def pseudonyms(identities: pa.ChunkedArray, key: str) -> pa.Array:
    """A keyed hash (HMAC-SHA-256) of each identity, so that a citizen is counted and not known; null stays null."""
    hashed = polars.col("text").chash.hmac_sha256(key=key)  # type: ignore[attr-defined]
    return _mapped(identities, hashed.str.head(PSEUDONYM_CHARS))


def ticket_ids(roots: pa.Array) -> pa.Array:
    """The id of the ticket each message began, or would have begun: the head of the MD5 of its Message-ID."""
    sql = f"select left(md5(root), {TICKET_ID_CHARS}) from roots"
    return query(sql, roots=pa.table({"root": roots}))[0].combine_chunks()


def _hashed(texts: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    return np.asarray(_mapped(texts, polars.col("text").nchash.xxh3_64()))  # type: ignore[attr-defined]


def _mapped(texts: pa.ChunkedArray, expression: polars.Expr) -> pa.Array:
    frame = polars.DataFrame({"text": polars.from_arrow(texts)})
    mapped = frame.select(expression).to_series().to_arrow()
    return mapped.cast(pa.string()) if pa.types.is_large_string(mapped.type) else mapped
