"""A measure without a target in five equal steps, with names for a legend. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pandas as pd

__all__ = ["stepped"]

STEPS = 5


def stepped(values: pd.Series, worded: Callable[[Any], str], *, unknown: str) -> tuple[list[str], list[str]]:
    """The step of each value, from the least to the most, and all names in order; `unknown` where there is none."""
    told = values.dropna()
    low, high = (float(told.min()), float(told.max())) if len(told) else (0.0, 0.0)
    width = (high - low) / STEPS
    ends = [low + number * width for number in range(STEPS + 1)]
    names = [f"{worded(start)} a {worded(end)}" for start, end in itertools.pairwise(ends)]
    if len(set(names)) < STEPS:  # so close that steps read alike
        names = [f"{worded(low)} a {worded(high)}"] * STEPS
    places = [min(int((value - low) / width), STEPS - 1) if width else 0 for value in values.fillna(low)]
    kinds = [names[place] if known else unknown for place, known in zip(places, values.notna(), strict=True)]
    shown = list(dict.fromkeys(names)) if len(told) else []
    return kinds, [*shown, *([unknown] if unknown in kinds else [])]
