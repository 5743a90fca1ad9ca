"""A measure without a target in fifths, with names for a legend. Pure."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import pandas as pd

__all__ = ["stepped"]

FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def stepped(values: pd.Series, worded: Callable[[Any], str], *, unknown: str) -> tuple[list[str], list[str]]:
    """The fifth of each value, from the least to the most, and all names in order; `unknown` where there is none.

    As many values lie in each as ties allow, so that one that towers above the rest does not make these look alike.
    """
    told = values.dropna().astype(float)
    ends = list(dict.fromkeys(told.quantile(list(FIFTHS)))) if len(told) else []
    ends = ends if len(ends) > 1 else 2 * ends
    names = [f"{worded(start)} a {worded(end)}" for start, end in itertools.pairwise(ends)]
    places = [bisect_right(ends, value, 1, len(names)) - 1 if names else 0 for value in values.fillna(0.0)]
    kinds = [names[place] if known else unknown for place, known in zip(places, values.notna(), strict=True)]
    return kinds, [*dict.fromkeys(names), *([unknown] if unknown in kinds else [])]
