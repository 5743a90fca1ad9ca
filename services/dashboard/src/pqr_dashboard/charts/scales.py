"""The one scale of colours: classes with names and a legend, the same in bars, tiles and heat maps. Pure.

Rates have the classes of `judging`; other measures fifths of one hue. Red is the class beyond chance alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from pqr_dashboard.charts import theme
from pqr_dashboard.figures import judging

__all__ = ["LEGEND", "classes", "colours_of", "contrast", "ink_on"]

LEGEND = 60  # its height in pixels, which a chart needs besides its own
COLUMNS = alt.ExprRef("width < 330 ? 1 : width < 620 ? 2 : 3")
DARK, LIGHT = "#000000", "#FFFFFF"


def colours_of(kinds: Sequence[str]) -> dict[str, str]:
    """The colour of each class: of those that judge a rate, or of the steps of a measure in rising order."""
    rates = dict(zip(judging.KINDS, theme.now().classes, strict=True))
    rates[judging.NO_CASE] = rates[judging.TOO_FEW]
    steps = [kind for kind in kinds if kind not in rates]
    return rates | dict(zip(steps, theme.now().sequential[1:], strict=False))


def classes(kinds: Sequence[str], *, column: str = "kind") -> alt.Color:
    """The colour of a mark by its class, with a legend of the classes."""
    colours = colours_of(kinds)
    scale = alt.Scale(domain=list(kinds), range=[colours[kind] for kind in kinds])
    return alt.Color(f"{column}:N", scale=scale, legend=alt.Legend(columns=COLUMNS, labelLimit=240))


def ink_on(fill: str) -> str:
    """Black or white letters, whichever reads better."""
    return max((DARK, LIGHT), key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    values = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in values]  # noqa: PLR2004  WCAG's
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
