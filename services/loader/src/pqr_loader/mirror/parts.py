"""How the signed partitions of a dataset lie in the parts of its table, and which of them differ. Pure.

A partition of sign -1 takes back rows that another one of the dataset added: what a table shows is what is left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pqr_common import Partition
from pqr_common.tables.totals import total_digest

__all__ = ["Moving", "moving", "parts_of", "total_of"]

PARTS_MAX = 64  # of a table: whoever looks for a ticket looks into each of them
PART_ROWS = 100_000  # worth a part of their own, once there are enough parts for the workers
PARTS_ENOUGH = 8
BUCKET = re.compile(r"bucket=(\d+)-of-(\d+)")
SHARE = 4  # one row in so many differs: beyond that it is quicker to load all

Partitions = tuple[Partition, ...]


@dataclass(frozen=True, slots=True)
class Moving:
    """The partitions whose rows come or go when a table is to show others; equal rows of both sides stay."""

    coming: Partitions
    going: Partitions


def total_of(partitions: Iterable[Partition]) -> tuple[int, str]:
    """Number and digest of the rows that are left of these partitions."""
    partitions = list(partitions)
    added, removed = ([part.content_digest for part in partitions if part.sign == sign] for sign in (1, -1))
    return sum(part.sign * part.rows for part in partitions), total_digest(added, removed)


def parts_of(partitions: Sequence[Partition]) -> list[Partitions]:
    """Which partitions each part of the table is made of, so that what one takes back was added by the same part."""
    if all(part.sign > 0 for part in partitions):
        return _packed(partitions)
    found = [BUCKET.search(part.key) for part in partitions]
    cuts = [(int(each[1]), int(each[2])) if each else (0, 1) for each in found]
    # Bucket b of n and bucket c of m, a multiple of n, have threads in common exactly when c % n == b.
    parts = min(PARTS_MAX, *(buckets for _, buckets in cuts))
    if any(buckets % parts for _, buckets in cuts):
        return [tuple(partitions)]
    numbers = [bucket % parts for bucket, _ in cuts]
    dealt = list(zip(numbers, partitions, strict=True))
    return [tuple(part for number, part in dealt if number == each) for each in sorted(set(numbers))]


def _packed(partitions: Sequence[Partition]) -> list[Partitions]:
    """A part for each, or, when there are many, for as many neighbours as make up a fair share of the rows."""
    rows = sum(part.rows for part in partitions)
    parts = min(max(PARTS_ENOUGH, rows // PART_ROWS), PARTS_MAX)
    if len(partitions) <= parts:
        return [(part,) for part in partitions]
    packed: dict[int, list[Partition]] = {}
    before = 0
    for part in partitions:
        packed.setdefault(min(before * parts // rows, parts - 1) if rows else 0, []).append(part)
        before += part.rows
    return [tuple(each) for each in packed.values()]


def moving(must: Iterable[Partition], shown: Iterable[Partition]) -> Moving | None:
    """What comes and goes between two sets of signed partitions; None when that is too much to be worth it."""
    must, shown = list(must), list(shown)
    balance: Counter[str] = Counter()
    known: dict[str, Partition] = {}
    for side, partitions in ((-1, shown), (1, must)):  # those that must be there were read by their run: they win
        for part in filter(lambda part: part.rows, partitions):
            balance[part.content_digest] += side * part.sign
            known[part.content_digest] = part
    coming, going = (
        tuple(known[digest] for digest, count in balance.items() for _ in range(sign * count)) for sign in (1, -1)
    )
    moved, there = sum(part.rows for part in (*coming, *going)), sum(part.sign * part.rows for part in must)
    return Moving(coming, going) if moved * SHARE <= there else None
