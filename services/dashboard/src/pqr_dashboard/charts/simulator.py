"""The run beside what the simulator says: what would have waited, and how many terms would have been broken."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import theme
from pqr_dashboard.charts.marks import days_axis
from pqr_dashboard.figures import wording
from pqr_dashboard.simulator.comparison import RUN, SIMULATED

__all__ = ["backlog", "breach_by_type"]

HEIGHT = 280
BAR_STEP = 15
_STROKES = alt.Legend(symbolType="stroke", symbolSize=300)
_DASHES = alt.Scale(domain=[RUN, SIMULATED], range=[[5, 4], [1, 0]])


def _scale() -> alt.Scale:
    return alt.Scale(domain=[RUN, SIMULATED], range=[theme.now().grey, theme.now().accent])


def backlog(days: pd.DataFrame, measure: str) -> alt.LayerChart | alt.FacetChart:
    """Two lines over the days of the window, their last values beside them. `days`: day, which, tickets."""
    tip = [
        alt.Tooltip("which:N", title="Caso"),
        alt.Tooltip("day:T", title="Al cierre del", format="%A %e de %B de %Y"),
        alt.Tooltip("tickets:Q", title=measure, format=",d"),
    ]
    x = days_axis(days["day"])
    lines = alt.Chart(days).mark_line(strokeWidth=2.2, interpolate="monotone").encode(
        x=x,
        y=alt.Y("tickets:Q", title=measure),
        color=alt.Color("which:N", scale=_scale(), legend=_STROKES),
        strokeDash=alt.StrokeDash("which:N", scale=_DASHES, legend=_STROKES),
    )  # fmt: skip
    points = alt.Chart(days).mark_point(size=120, opacity=0).encode(x=x, y="tickets:Q", tooltip=tip)
    last = days[days["day"] == days["day"].max()]
    said = [f"{row.which}: {wording.count(row.tickets)}" for row in last.itertuples()]
    ends = alt.Chart(last.assign(said=said)).mark_text(align="right", baseline="bottom", dy=-5, fontWeight=600)
    colour = alt.Color("which:N", scale=_scale(), legend=None)
    return alt.layer(lines, points, ends.encode(x=x, y="tickets:Q", text="said:N", color=colour)).properties(
        height=HEIGHT
    )


def breach_by_type(rates: pd.DataFrame, order: list[str]) -> alt.LayerChart | alt.FacetChart:
    """Two bars per type, each with its value, so that nought is no gap. `rates`: name, which, rate, due, breached."""
    base = alt.Chart(rates.assign(said=[wording.percent(rate) for rate in rates["rate"]])).encode(
        y=alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=190)),
        yOffset=alt.YOffset("which:N", sort=[RUN, SIMULATED]),
        x=alt.X("rate:Q", title="Incumplimiento", axis=alt.Axis(format=".0%")),
        color=alt.Color("which:N", scale=_scale()),
        tooltip=[
            alt.Tooltip("name:N", title="Tipo"),
            alt.Tooltip("which:N", title="Caso"),
            alt.Tooltip("said:N", title="Incumplimiento"),
            alt.Tooltip("breached:Q", title="Incumplidas", format=",d"),
            alt.Tooltip("due:Q", title="Con término finalizado", format=",d"),
        ],
    )  # fmt: skip
    text = base.mark_text(align="left", dx=4, fontSize=11).encode(text="said:N")
    return alt.layer(base.mark_bar(), text).properties(height=alt.Step(BAR_STEP))
