"""From counts to statistics and to the series that pictures show. Pure but for the files that lie beside it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from math import isnan

import pyarrow as pa

from pqr_common import query
from pqr_pipeline.fit.counts import sql

__all__ = ["SERIES", "Figures", "Statistic", "figures", "statistics"]

# In this order: each may read those before it.
SERIES = (
    "daily", "weekdays", "hours", "months", "by_type", "variation", "senders", "lengths_by_step", "desks", "weeks",
    "loads",
)  # fmt: skip
GROUPS = ("volumes", "answers", "causes", "people", "mails")


@dataclass(frozen=True, slots=True)
class Statistic:
    """What a figure is called, how it is written, and what is published of it; `low` and `high` are its stated band."""

    name: str
    section: str
    words: str
    form: str
    published: str
    source: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run: statistics by name (None: too little data), and the rows of each series."""

    values: Mapping[str, float | None]
    series: Mapping[str, pa.Table]


def figures(counts: Mapping[str, pa.Table], window: tuple[date, date]) -> Figures:
    """All statistics and series that follow from the counts."""
    made = dict(counts)
    given = dict(zip(("from", "to"), window, strict=True))
    for name in SERIES:
        text = sql(f"series/{name}")
        made[name] = query(text, {key: day for key, day in given.items() if f"${key}" in text}, **made)
    rows = [row for group in GROUPS for row in query(sql(f"statistics/{group}"), **made).to_pylist()]
    values = {row["name"]: row["value"] for row in rows}
    known = {name: float(value) for name, value in values.items() if value is not None and not isnan(value)}
    return Figures(dict.fromkeys(values) | known, {name: made[name] for name in SERIES})


def statistics() -> list[Statistic]:
    """Those of statistics.csv, in the order of the page."""
    text = resources.files("pqr_pipeline.fit").joinpath("statistics.csv").read_text(encoding="utf-8")
    return [_statistic(**row) for row in csv.DictReader(text.splitlines())]


def _statistic(*, low: str, high: str, **words: str) -> Statistic:
    return Statistic(**words, low=float(low) if low else None, high=float(high) if high else None)
