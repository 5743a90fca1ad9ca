"""The rows that a table must show, read from the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa

from pqr_common import Partition, net
from pqr_loader.mirror.tables import Table
from pqr_loader.mirror.wanted import law

__all__ = ["Read", "narrowed", "rows_of"]

Read = Callable[[Partition], pa.Table]


def rows_of(table: Table, partitions: Iterable[Partition], read: Read) -> pa.Table:
    """What is left of signed partitions, or what the packaged law says."""
    if not table.source:
        return law(table)
    partitions = list(partitions)
    added, removed = (narrowed(table, [p for p in partitions if p.sign == sign], read) for sign in (1, -1))
    return net(added, removed)


def narrowed(table: Table, partitions: Iterable[Partition], read: Read) -> pa.Table:
    """The rows of all these partitions, with the columns of the table."""
    tables = [read(partition).select(table.schema.names).cast(table.schema) for partition in partitions]
    return pa.concat_tables([table.schema.empty_table(), *tables])
