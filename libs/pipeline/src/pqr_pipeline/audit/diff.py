"""What two runs have that the other has not: by digests first, and by rows of the objects that they do not share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqr_common.tables.parquet import parquet_table
from pqr_pipeline.audit.rows import RowDiff, row_diff

__all__ = ["DatasetDiff", "RunDiff", "diff"]

TICKETS, TICKET_KEY, TICKET_COLUMNS = "silver/tickets", ("ticket_id",), ("ticket_id", "radicado")


@dataclass(frozen=True, slots=True)
class DatasetDiff:
    """Rows that `run_b` has and `run_a` has not, the reverse, and those that have other values under the same key.

    `columns` are those that only one of the runs has; rows are compared without them.
    """

    layer: str
    dataset: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    objects_read: int = 0
    columns: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        return not (self.added or self.removed or self.changed or self.columns)


@dataclass(slots=True)
class RunDiff:
    """By dataset; `tickets` by ticket, with the columns that differ; `only_in` the layers or datasets of one run."""

    run_a: str
    run_b: str
    datasets: list[DatasetDiff] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    only_in: dict[str, str] = field(default_factory=dict)


def diff(lake: Lake, run_a: str, run_b: str) -> RunDiff:
    """Compare what both runs have committed; raises UnknownRun for a run that is not there."""
    found = RunDiff(run_a, run_b)
    before, after = (_datasets(RunRecords(lake, run)) for run in (run_a, run_b))
    found.only_in = {place: run_a if place in before else run_b for place in sorted(before.keys() ^ after.keys())}
    for place in (place for place in after if place in before):
        layer, _, name = place.partition("/")
        one, other = before[place], after[place]
        if (one.content_digest, one.rows, one.schema) == (other.content_digest, other.rows, other.schema):
            found.datasets.append(DatasetDiff(layer, name))
            continue
        read, rows = _rows(lake, one, other)
        columns = tuple(sorted(set(one.columns) ^ set(other.columns)))
        told = DatasetDiff(layer, name, rows.added, rows.removed, rows.changed, read, columns)
        found.datasets.append(told)
        if place == TICKETS and rows.key == TICKET_KEY:
            found.tickets = rows.listed(TICKET_COLUMNS)
    return found


def _datasets(records: RunRecords) -> dict[str, Dataset]:
    """By `layer/name`, in the order of the stages; without what lies elsewhere and mirrors these."""
    records.parameters()
    return {
        f"{layer}/{dataset.name}": dataset
        for layer, manifest in records.manifests().items()
        for dataset in _in_lake(manifest)
    }


def _in_lake(manifest: Manifest) -> Iterable[Dataset]:
    return (each for each in manifest.datasets if all(part.is_in_lake for part in each.partitions))


def _rows(lake: Lake, before: Dataset, after: Dataset) -> tuple[int, RowDiff]:
    """How many objects were read, and the rows that differ; partitions that both have are not read."""
    mine, theirs = (Counter(part.identity for part in dataset.partitions) for dataset in (before, after))
    left, came = _without(before, theirs), _without(after, mine)
    shared = [name for name in after.columns if name in set(before.columns)]
    parts = [[part for part in side if part.sign == sign] for side in (left, came) for sign in (1, -1)]
    tables = [[_table(lake, part, shared) for part in group] for group in parts]
    empty = next((table.slice(0, 0) for group in tables for table in group), pa.table({}))
    whole = [pa.concat_tables(group or [empty], promote_options="permissive") for group in tables]
    key = after.key if set(after.key) <= set(empty.column_names) else ()
    return len(left) + len(came), row_diff((whole[0], whole[1]), (whole[2], whole[3]), key)


def _without(dataset: Dataset, other: Counter[tuple[str, str, str, int]]) -> list[Partition]:
    """The partitions that the other has not, or not so often."""
    spent = Counter(other)
    kept = []
    for part in dataset.partitions:
        if spent[part.identity]:
            spent[part.identity] -= 1
        else:
            kept.append(part)
    return kept


def _table(lake: Lake, part: Partition, columns: list[str]) -> pa.Table:
    data = lake.read(part)
    if part.path.endswith(".parquet"):
        return parquet_table(data, columns)
    return pa.table({"line": pa.array(data.splitlines(), pa.binary())})
