"""The run beside what the simulator says: what would have waited, and how many terms would have been broken."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from pqr_dashboard.charts import theme
from pqr_dashboard.charts.marks import days_axis
from pqr_dashboard.figures import wording
from pqr_dashboard.simulator.comparison import RUN, SIMULATED

__all__ = ["backlog", "breach_by_type"]

HEIGHT = 280
BAR_STEP = 15
ROOM, CLOSE = 1.12, 0.12  # of the highest value: above it for words, and between two words
BOTH = f"{RUN} y simulado"
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
        y=alt.Y("tickets:Q", title=measure, scale=alt.Scale(domain=[0, ROOM * max(float(days["tickets"].max()), 1)])),
        color=alt.Color("which:N", scale=_scale(), legend=_STROKES),
        strokeDash=alt.StrokeDash("which:N", scale=_DASHES, legend=_STROKES),
    )  # fmt: skip
    points = alt.Chart(days).mark_point(size=120, opacity=0).encode(x=x, y="tickets:Q", tooltip=tip)
    return alt.layer(lines, points, *_ends(days, x)).properties(height=HEIGHT)


def _ends(days: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    """The last value of each line, above it or, where it would lie upon the other's, below; one if equal."""
    last = days[days["day"] == days["day"].max()].sort_values("tickets", ascending=False)
    if last["tickets"].nunique() == 1:
        last = last.tail(1).assign(which=BOTH)
    is_close = len(last) > 1 and last["tickets"].iloc[0] - last["tickets"].iloc[1] < CLOSE * days["tickets"].max()
    drawn = []
    for place, row in enumerate(last.to_dict("records")):
        baseline, shift = ("top", 6) if place and is_close else ("bottom", -5)
        text = alt.Chart(pd.DataFrame([row | {"said": f"{row['which']}: {wording.count(row['tickets'])}"}]))
        style: dict[str, Any] = {
            "align": "right",
            "fontWeight": 600,
            "dy": shift,
            "baseline": baseline,
            "color": theme.now().ink,
        }
        drawn.append(text.mark_text(**style).encode(x=x, y="tickets:Q", text="said:N"))
    return drawn


def breach_by_type(rates: pd.DataFrame, order: list[str]) -> alt.LayerChart | alt.FacetChart:
    """Two bars per type, each with its value, so that nought is no gap. `rates`: name, which, rate, due, breached."""
    base = alt.Chart(rates.assign(said=[wording.percent(rate) for rate in rates["rate"]])).encode(
        y=alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=190)),
        yOffset=alt.YOffset("which:N", sort=[RUN, SIMULATED]),
        x=alt.X("rate:Q", title="Incumplimiento", axis=alt.Axis(format=".0%", tickMinStep=0.01)),
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
