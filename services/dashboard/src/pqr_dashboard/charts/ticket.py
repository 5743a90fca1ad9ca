"""The clock of one ticket: how long its term ran, what moved it, and the steps along it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import theme
from pqr_dashboard.figures.tickets import CLOCK

__all__ = ["clock"]

HEIGHT = 110
BAR = (0.45, 0.9)  # of the height, from the bottom
STEPS_AT = 0.2


def clock(stretches: pd.DataFrame, steps: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """`stretches`: kind, start, end, days; `steps`: at, said."""
    x_axis = alt.Axis(format="%e %b", tickCount=8, labelOverlap=True, title=None)
    lane = alt.Scale(domain=[0, 1])
    palette = theme.now()
    of_kinds = (palette.accent, palette.warning, palette.sequential[2], palette.bad)
    kinds = [kind for kind in CLOCK if kind in set(stretches["kind"])]
    colours = alt.Scale(domain=kinds, range=[of_kinds[CLOCK.index(kind)] for kind in kinds])
    bars = alt.Chart(stretches.assign(low=BAR[0], high=BAR[1])).mark_rect(cornerRadius=3).encode(
        x=alt.X("start:T", axis=x_axis), x2="end:T", y=alt.Y("low:Q", scale=lane, axis=None), y2="high:Q",
        color=alt.Color("kind:N", scale=colours),
        tooltip=[
            alt.Tooltip("kind:N", title="Tramo"),
            alt.Tooltip("start:T", title="Desde", format="%e de %B de %Y"),
            alt.Tooltip("end:T", title="Hasta", format="%e de %B de %Y"),
            alt.Tooltip("days:Q", title="Días hábiles"),
        ],
    )  # fmt: skip
    points = alt.Chart(steps.assign(lane=STEPS_AT)).mark_point(
        shape="triangle-up", filled=True, size=110, color=theme.now().ink, opacity=1
    ).encode(
        x="at:T", y=alt.Y("lane:Q", scale=lane, axis=None),
        tooltip=[alt.Tooltip("said:N", title="Paso"), alt.Tooltip("at:T", title="Cuándo", format="%e de %B, %H:%M")],
    )  # fmt: skip
    return alt.layer(bars, points).properties(height=HEIGHT)
