"""Rows that are added and rows that are taken back: a dataset is what is left of both. Pure."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.sql import query

__all__ = ["net"]


def net(added: pa.Table, removed: pa.Table) -> pa.Table:
    """The added rows without those that were taken back, each of which takes back one equal row; the order is lost."""
    if not removed.num_rows:
        return added
    left = query("from added except all from removed", added=added, removed=removed)
    return left.cast(added.schema)
