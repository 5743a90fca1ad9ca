"""What stands behind a chart over days: named peaks, the days of warm-up hatched, and the month that is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import altair as alt
import pandas as pd

from pqr_dashboard.charts import Drawn, theme

__all__ = ["Marks", "days_axis"]

NO_BAND = pd.DataFrame(columns=["name", "start", "end", "percent"])
BAND_OPACITY = 0.13
LABEL_STEP = 15  # names stand on lines of their own, so that they never overlap
LABEL_LINES = 3
NAMES_MAX = 6
STRIPES = 24  # of a hatched band that is as long as the window


@dataclass(frozen=True, slots=True)
class Marks:
    """Bands of days: name, start, and the day after their last. `peaks` have a percent as well; `month` is one row."""

    peaks: pd.DataFrame = field(default_factory=lambda: NO_BAND)
    warm_up: pd.DataFrame = field(default_factory=lambda: NO_BAND)
    month: pd.DataFrame = field(default_factory=lambda: NO_BAND)

    def behind(self, days: pd.Series) -> list[Drawn]:
        """The layers to draw first, of a chart of these days."""
        drawn: list[Drawn] = []
        if len(self.peaks):
            tip = [
                alt.Tooltip("name:N", title="Pico"),
                alt.Tooltip("start:T", title="Desde", format="%e de %B"),
                alt.Tooltip("percent:Q", title="Sobre lo habitual (%)", format="+d"),
            ]
            rect = alt.Chart(self.peaks).mark_rect(color=theme.now().warning, opacity=BAND_OPACITY)
            drawn.append(rect.encode(x=days_axis(days, "start"), x2="end:T", tooltip=tip))
        if len(self.month):
            rect = alt.Chart(self.month).mark_rect(color=theme.now().accent, opacity=BAND_OPACITY)
            tip = [alt.Tooltip("name:N", title="Periodo elegido")]
            drawn.append(rect.encode(x=days_axis(days, "start"), x2="end:T", tooltip=tip))
        return drawn

    def over(self, days: pd.Series) -> list[Drawn]:
        """The layers to draw last: the hatching, and the names."""
        drawn: list[Drawn] = []
        for band in self.warm_up.to_dict("records"):
            lines = alt.Chart(_hatching(band["start"], band["end"], days))
            placed = lines.transform_calculate(
                y="datum.low * height", y2="datum.high * height"
            )  # as the browser has it
            drawn.append(
                placed.mark_rule(color=theme.now().grey, opacity=0.45, strokeWidth=1).encode(
                    x=days_axis(days, "from"), x2="to:T", y=alt.Y("y:Q", scale=None, axis=None), y2="y2:Q"
                )
            )
        return drawn + self._names(days)

    def _names(self, days: pd.Series) -> list[Drawn]:
        peaks = self.peaks if len(self.peaks) <= NAMES_MAX else NO_BAND  # years of them are told by pointing at them
        named = pd.concat([band for band in (self.warm_up, peaks) if len(band)] or [NO_BAND], ignore_index=True)
        if named.empty:  # an axis of no days is infinite
            return []
        middle = days.min() + (days.max() - days.min()) / 2
        placed = named.assign(line=[4 + LABEL_STEP * (number % LABEL_LINES) for number in range(len(named))])
        layers: list[Drawn] = []
        sides: list[tuple[bool, dict[str, Any]]] = [
            (True, {"align": "left", "dx": 4}), (False, {"align": "right", "dx": -4}),
        ]  # fmt: skip
        for is_early, aligned in sides:
            part = placed[(placed["start"] < middle) == is_early]
            if len(part):
                y = alt.Y("line:Q", scale=None, axis=None)
                name = alt.Chart(part).encode(x=days_axis(days, "start"), y=y, text="name:N")
                look = {"baseline": "top", "fontSize": 11, "fontWeight": 600, **aligned}
                edge = name.mark_text(color=theme.now().paper, stroke=theme.now().paper, strokeWidth=4, **look)
                layers.append(edge + name.mark_text(color=theme.now().amber, **look))  # readable on a line it meets
        return layers


def days_axis(days: pd.Series, column: str = "day") -> alt.X:
    """Days, or months with their years where there are many."""
    is_long = len(days) > 0 and (days.max() - days.min()).days > 200  # noqa: PLR2004  over half a year
    axis = alt.Axis(
        format="%b %Y" if is_long else "%e %b",
        tickCount={"interval": "month", "step": 1} if is_long else 8,
        labelOverlap="greedy",
        labelSeparation=12,
    )
    return alt.X(f"{column}:T", title=None, axis=axis)


def _hatching(start: pd.Timestamp, end: pd.Timestamp, days: pd.Series) -> pd.DataFrame:
    """Slanting lines of a band, each from its foot to where it leaves it; `low` and `high` are parts of the height."""
    step = max((days.max() - days.min()) / (2 * STRIPES), pd.Timedelta(hours=12))
    rows = []
    for foot in pd.date_range(start - 2 * step, end, freq=step):
        left, right = max(foot, start), min(foot + 2 * step, end)
        if left < right:
            low, high = (1 - (at - foot) / (2 * step) for at in (left, right))
            rows.append((left, right, low, high))
    return pd.DataFrame(rows, columns=["from", "to", "low", "high"])
