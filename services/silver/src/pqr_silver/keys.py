"""Keys that must be the same in every run, process and version: buckets, ticket ids, pseudonyms. Pure."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import polars
import polars_hash  # noqa: F401  adds the hashes to polars expressions
import pyarrow as pa

from pqr_common import query

__all__ = [
    "FACTOR",
    "Fingerprints",
    "Hashes",
    "bucket_numbers",
    "contents",
    "dealt",
    "fingerprints",
    "hashed",
    "pseudonyms",
    "ticket_ids",
]

PSEUDONYM_CHARS = 24  # 96 bits: no two citizens of any inbox share one by chance
TICKET_ID_CHARS = 20  # 80 bits: nor do two tickets

FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd: sets apart what is hashed one after another

Hashes = npt.NDArray[np.uint64]
BucketNumbers = npt.NDArray[np.uint64]
Fingerprints = npt.NDArray[np.int64]


def hashed(texts: pa.ChunkedArray) -> Hashes:
    """XXH3-64 of the UTF-8 bytes of each; 0 for null."""
    return np.asarray(_mapped(texts, polars.col("text").nchash.xxh3_64().fill_null(0)))  # type: ignore[attr-defined]


def bucket_numbers(keys: pa.ChunkedArray, buckets: int) -> BucketNumbers:
    """The bucket of each key: its hash modulo `buckets`; 0 without a key."""
    return hashed(keys) % np.uint64(buckets)


def fingerprints(roots: pa.DictionaryArray, messages: pa.ChunkedArray) -> Fingerprints:
    """64 bits that tell a message of a thread: XXH3-64 of the root times a constant, plus XXH3-64 of the Message-ID."""
    root = hashed(pa.chunked_array([roots.dictionary])) * FACTOR
    return np.asarray((root[roots.indices.to_numpy()] + hashed(messages)).view(np.int64))


def contents(emails: pa.Table) -> Fingerprints:
    """64 bits that tell what a mail says: its sender, subject, body, and its attachments by number and bytes.

    Not its Date, nor the headers that thread it: who delivers a mail again may write those anew, and nothing is lost.
    """
    said = np.zeros(emails.num_rows, np.uint64)
    for text in ("from_address", "subject", "body"):
        said = said * FACTOR + hashed(emails[text])
    for number in ("attachment_count", "attachment_bytes"):
        said = said * FACTOR + emails[number].to_numpy().astype(np.uint64)
    return np.asarray(said.view(np.int64))


def dealt(table: pa.Table, numbers: npt.NDArray[np.integer[Any]]) -> dict[int, pa.Table]:
    """The rows of each bucket that has any, in the order they came."""
    numbers = numbers.astype(np.uint16)  # sorted by radix
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


def _mapped(texts: pa.ChunkedArray, expression: polars.Expr) -> pa.Array:
    frame = polars.DataFrame({"text": polars.from_arrow(texts)})
    mapped = frame.select(expression).to_series().to_arrow()
    return mapped.cast(pa.string()) if pa.types.is_large_string(mapped.type) else mapped
