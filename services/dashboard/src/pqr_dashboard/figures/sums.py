"""Counts added up: of no rows nought, and of a column that is all gaps a gap rather than a false nought. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

__all__ = ["summed", "total"]


def summed(rows: pd.DataFrame, by: str | Sequence[str]) -> pd.DataFrame:
    """One row per `by`: every number of the others added up, also rates and means, whose sums mean nothing."""
    keys = [by] if isinstance(by, str) else list(by)
    return rows.groupby(keys, as_index=False).sum(numeric_only=True, min_count=1)


def total(rows: pd.DataFrame) -> pd.Series:
    """The same over all rows."""
    return rows.sum(numeric_only=True, min_count=min(1, len(rows)))
