"""The clock of one ticket: its days, those that count tall and the others low, and the steps along them."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import theme
from pqr_dashboard.journey.clock import COUNTED, KINDS

__all__ = ["clock"]

HEIGHT = 150
FLOOR, TALL, LOW = 0.3, 1.0, 0.55  # of the height, from the bottom
STEPS_AT = 0.12
DAY = pd.Timedelta(days=1)


def clock(days: pd.DataFrame, steps: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """`days`: day, kind, name, counted; `steps`: at, said."""
    palette = theme.now()
    inks = (
        palette.ink, palette.accent, palette.warning, palette.bad, palette.sequential[1], palette.sequential[2],
        palette.line, palette.grey,
    )  # fmt: skip
    kinds = [kind for kind in KINDS if kind in set(days["kind"])]
    colours = alt.Scale(domain=kinds, range=[inks[KINDS.index(kind)] for kind in kinds])
    x_axis = alt.Axis(format="%e %b", tickCount=8, labelOverlap=True, title=None)
    lane = alt.Scale(domain=[0, 1])
    tops = [TALL if kind in COUNTED else LOW for kind in days["kind"]]
    cells = days.assign(end=days["day"] + DAY, low=FLOOR, high=tops)
    bars = alt.Chart(cells).mark_rect(stroke=palette.paper, strokeWidth=0.5).encode(
        x=alt.X("day:T", axis=x_axis), x2="end:T", y=alt.Y("low:Q", scale=lane, axis=None), y2="high:Q",
        color=alt.Color("kind:N", scale=colours, legend=alt.Legend(columns=3)),
        tooltip=[
            alt.Tooltip("day:T", title="Día", format="%A %e de %B de %Y"),
            alt.Tooltip("kind:N", title="Qué es"),
            alt.Tooltip("name:N", title="Festivo"),
            alt.Tooltip("counted:Q", title="Días hábiles corridos"),
        ],
    )  # fmt: skip
    points = alt.Chart(steps.assign(lane=STEPS_AT)).mark_point(
        shape="triangle-up", filled=True, size=110, color=palette.ink, opacity=1
    ).encode(
        x="at:T", y=alt.Y("lane:Q", scale=lane, axis=None),
        tooltip=[alt.Tooltip("said:N", title="Paso"), alt.Tooltip("at:T", title="Cuándo", format="%e de %B, %H:%M")],
    )  # fmt: skip
    return alt.layer(bars, points).properties(height=HEIGHT)
