"""How departments and topics fare: counts summed to what is shown, and divided again. Pure.

A rate or mean over few cases says little; `is_few` marks it, and charts show it without colour.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from pqr_dashboard.figures import sums, wording

__all__ = ["MEASURES", "Measure", "measured", "pivot", "tiles"]

FEW = 20


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared: a count, or a quotient of two; `is_bad` where more is worse."""

    name: str
    label: str
    part: str
    whole: str | None
    format: Callable[[Any], str]
    is_bad: bool
    cases: str  # what `whole` counts, in words

    def of(self, counts: pd.DataFrame) -> pd.Series:
        if self.whole is None:
            return counts[self.part].astype(float)
        divided = wording.share if self.format is wording.percent else wording.mean
        pairs = zip(counts[self.part], counts[self.whole], strict=True)
        return pd.Series([divided(*pair) for pair in pairs], counts.index, dtype=float)


MEASURES = {
    measure.label: measure
    for measure in (
        Measure("received", "Recibidas", "received", None, wording.count, False, "recibidas"),
        Measure("breach_rate", "Incumplimiento", "breached", "due", wording.percent, True, "vencían"),
        Measure(
            "mean_business_days", "Días de respuesta", "total_business_days", "closed_with_term", wording.decimal, True,
            "cerradas",
        ),
    )
}  # fmt: skip


@cache
def tiles() -> pd.DataFrame:
    """The map: a square for each department, where it lies in Colombia. Columns department, code, column, row."""
    text = resources.files("pqr_dashboard.figures").joinpath("tiles.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text))


def measured(counts: pd.DataFrame, by: str, measure: Measure) -> pd.DataFrame:
    """One row per department or topic, all types summed: its counts, `value`, `text`, `cases` and `is_few`."""
    found = sums.summed(counts, by)
    value = measure.of(found)
    cases = found[measure.whole or measure.part]
    return found.assign(
        value=value,
        text=[measure.format(number) for number in value],
        cases=cases,
        is_few=(cases < FEW) & (measure.whole is not None),
    )


def pivot(counts: pd.DataFrame, by: str, measure: Measure) -> pd.DataFrame:
    """One row per department or topic, one column per type, and `all`: the values of a measure."""
    types = sums.summed(counts, [by, "pqrs_type"]).set_index([by, "pqrs_type"])
    wide = measure.of(types).unstack("pqrs_type")
    wide["all"] = measure.of(sums.summed(counts, by).set_index(by))
    return wide.reset_index()
