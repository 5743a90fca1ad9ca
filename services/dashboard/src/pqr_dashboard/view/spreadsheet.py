"""Tables as files that a spreadsheet opens. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pqr_dashboard.figures import wording

__all__ = ["as_csv", "parts_as_csv"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what follows


def as_csv(frame: pd.DataFrame, labels: Mapping[str, str] | None = None) -> bytes:
    """Rows as the Excel of Colombia opens them with two clicks: UTF-8 with its mark, semicolons, decimal commas.

    Where a comma is the decimal mark, Excel's list separator is the semicolon; commas would put a row in one cell.
    """
    return parts_as_csv([frame.rename(columns=dict(labels or {}))])


def parts_as_csv(parts: Iterable[pd.DataFrame]) -> bytes:
    """The same of rows that come in parts, of which one is held at a time besides the text."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for number, part in enumerate(parts):
        if not number:
            writer.writerow(part.columns)
        writer.writerows([_cell(value) for value in row] for row in part.itertuples(index=False, name=None))
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if wording.is_missing(value):
        return ""
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", ",")
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value.tz is None else value.isoformat(sep=" ", timespec="seconds")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text
