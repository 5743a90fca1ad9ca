"""The rows of a dataset, one object at a time, each verified against its hash: nothing here holds a whole dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import pyarrow as pa

from pqr_common.errors import UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqr_common.tables.parquet import parquet_table
from pqrs.terms import THREAD_DAYS

__all__ = ["between", "holding", "of_threads", "scanned", "whole"]


def holding(manifest: Manifest, name: str, columns: Iterable[str]) -> Dataset:
    """The dataset of that name; raises UpstreamBroken when it was made before it had these columns."""
    dataset = manifest.dataset(name)
    lacking = [column for column in columns if column not in dataset.columns]
    if lacking:
        raise UpstreamBroken(
            f"To be followed, {manifest.layer}/{name} must have the column {lacking[0]}, found run {manifest.run_id} "
            f"made by code that had none: make a run of the same parameters under another run id."
        )
    return dataset


def scanned(lake: Lake, parts: Iterable[Partition], columns: Sequence[str]) -> Iterator[tuple[int, pa.Table]]:
    """The sign and these columns of each partition; first of those that take rows back, so that they are known then."""
    for part in sorted(parts, key=lambda part: part.sign):
        yield part.sign, parquet_table(lake.read(part), list(columns))


def whole(lake: Lake, dataset: Dataset) -> pa.Table:
    """All rows of a dataset that is small by construction, such as a mart."""
    return pa.concat_tables(parquet_table(lake.read(part)) for part in dataset.partitions)


def between(dataset: Dataset, first: date, last: date) -> list[Partition]:
    """Its partitions that may hold rows of these days; instants are UTC, which is a day ahead at most."""
    return [
        part
        for part in dataset.partitions
        if part.min_at is None
        or part.max_at is None
        or (part.max_at >= first.isoformat() and part.min_at[:10] <= last.isoformat())
    ]


def of_threads(dataset: Dataset, first: date, last: date) -> list[Partition]:
    """Its partitions that may hold rows of threads whose requests came on these days."""
    return between(dataset, first - timedelta(days=1), last + timedelta(days=THREAD_DAYS + 1))
