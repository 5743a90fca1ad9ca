"""The run beside what the simulator says: what would have waited, and how many terms would have been broken."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import theme
from pqr_dashboard.simulator.comparison import RUN, SIMULATED

__all__ = ["backlog", "breach_by_type"]

HEIGHT = 280
BAR_STEP = 15
_SCALE = alt.Scale(domain=[RUN, SIMULATED], range=[theme.GREY, theme.ACCENT])
_STROKES = alt.Legend(symbolType="stroke", symbolSize=300)
_DASHES = alt.Scale(domain=[RUN, SIMULATED], range=[[5, 4], [1, 0]])


def backlog(days: pd.DataFrame, measure: str) -> alt.LayerChart | alt.FacetChart:
    """Two lines over the days of the window. `days`: day, which (RUN or SIMULATED), tickets."""
    tip = [
        alt.Tooltip("which:N", title="Caso"),
        alt.Tooltip("day:T", title="Al cierre del", format="%A %e de %B de %Y"),
        alt.Tooltip("tickets:Q", title=measure, format=",d"),
    ]
    lines = alt.Chart(days).mark_line(strokeWidth=2.2, interpolate="monotone").encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%e %b", tickCount=8, labelOverlap=True)),
        y=alt.Y("tickets:Q", title=measure),
        color=alt.Color("which:N", scale=_SCALE, legend=_STROKES),
        strokeDash=alt.StrokeDash("which:N", scale=_DASHES, legend=_STROKES),
    )  # fmt: skip
    points = alt.Chart(days).mark_point(size=120, opacity=0).encode(x="day:T", y="tickets:Q", tooltip=tip)
    return alt.layer(lines, points).properties(height=HEIGHT)


def breach_by_type(rates: pd.DataFrame, order: list[str]) -> alt.Chart:
    """Two bars per type. `rates`: name, which, rate (0 to 1), due, breached."""
    bars: alt.Chart = alt.Chart(rates).mark_bar().encode(
        y=alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=190)),
        yOffset=alt.YOffset("which:N", sort=[RUN, SIMULATED]),
        x=alt.X("rate:Q", title="Incumplimiento", axis=alt.Axis(format=".0%")),
        color=alt.Color("which:N", scale=_SCALE),
        tooltip=[
            alt.Tooltip("name:N", title="Tipo"),
            alt.Tooltip("which:N", title="Caso"),
            alt.Tooltip("rate:Q", title="Incumplimiento", format=".1%"),
            alt.Tooltip("breached:Q", title="Incumplidas", format=",d"),
            alt.Tooltip("due:Q", title="Con término finalizado", format=",d"),
        ],
    ).properties(height=alt.Step(BAR_STEP))  # fmt: skip
    return bars
