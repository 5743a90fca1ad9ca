"""How departments and topics fare: counts summed to what is shown, and divided again. Pure.

Each place has a class of the scale of colours: a rate beside its target, or a step between the least and the most.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from pqr_dashboard.figures import judging, steps, sums, wording

__all__ = ["CASES", "MEASURES", "Measure", "classed", "measured", "pivot", "tiles"]

CASES = "_cases"  # of a column of `pivot`: what its values are of


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared: a count, or a quotient of two."""

    name: str
    label: str
    part: str
    whole: str | None
    format: Callable[[Any], str]
    cases: str  # what `whole` counts, in words
    is_judged: bool = False  # whether there is a target to hold it to

    @property
    def counted(self) -> str:
        """The column of the tickets that are looked at: of a rate those that broke their term, of a mean all."""
        return self.whole if self.whole and not self.is_judged else self.part

    def of(self, counts: pd.DataFrame) -> pd.Series:
        if self.whole is None:
            return counts[self.part].astype(float)
        divided = wording.share if self.is_judged else wording.mean
        pairs = zip(counts[self.part], counts[self.whole], strict=True)
        return pd.Series([divided(*pair) for pair in pairs], counts.index, dtype=float)


MEASURES = {
    measure.label: measure
    for measure in (
        Measure("received", "Recibidas", "received", None, wording.count, "recibidas"),
        Measure("breach_rate", "Incumplimiento", "breached", "due", wording.percent, "vencían", True),
        Measure(
            "mean_business_days", "Días de respuesta", "total_business_days", "closed_with_term", wording.decimal,
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
    """One row per department or topic, all types summed: its counts, `value`, `text`, `cases`, and `is_few` of them."""
    found = sums.summed(counts, by)
    value = measure.of(found)
    cases = found[measure.whole or measure.part]
    return found.assign(
        value=value,
        text=[measure.format(number) for number in value],
        cases=cases,
        is_few=(cases < judging.FEW) & (measure.whole is not None),
    )


def classed(found: pd.DataFrame, measure: Measure) -> tuple[pd.DataFrame, list[str]]:
    """Rows of `measured`, also of places of which there are none, with their `kind`; and the kinds, in order."""
    if measure.is_judged:
        kinds = [judging.judged(*pair) for pair in zip(found["breached"], found["due"], strict=True)]
        return found.assign(kind=kinds), list(judging.KINDS)
    told = found["value"].mask(found["is_few"].fillna(True).astype(bool))
    unknown = judging.TOO_FEW if measure.whole else judging.NO_CASE
    kinds, names = steps.stepped(told, measure.format, unknown=unknown)
    return found.assign(kind=kinds), names


def pivot(counts: pd.DataFrame, by: str, measure: Measure) -> pd.DataFrame:
    """One row per department or topic, one column per type, and `all`: the values of a measure, and their cases."""
    types = sums.summed(counts, [by, "pqrs_type"]).set_index([by, "pqrs_type"])
    wide = measure.of(types).unstack("pqrs_type")
    total = sums.summed(counts, by).set_index(by)
    wide["all"] = measure.of(total)
    if measure.whole is not None:
        cases = types[measure.whole].unstack("pqrs_type").assign(all=total[measure.whole])
        wide = wide.join(cases.add_suffix(CASES))
    return wide.reset_index()
