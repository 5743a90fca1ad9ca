"""What arrives, what is answered and what waits, over time."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import Drawn, opening, pointer, theme
from pqr_dashboard.charts.marks import Marks, days_axis

__all__ = ["backlog", "received_and_answered"]

HEIGHT, HEIGHT_LOW = 250, 210
RECEIVED, PEAK, ANSWERED, WAITING, OVERDUE = "Recibidas", "Día pico", "Respondidas", "Pendientes", "Vencidas"
ROOM_FOR_NAMES = 1.2  # above the highest bar
DAY_FORMAT = "%A %e de %B de %Y"
BAR_HOURS = {False: 19, True: 6 * 24 + 12}  # by whether a bar is a week


def received_and_answered(flow: pd.DataFrame, marks: Marks, *, is_weekly: bool) -> Drawn:
    """Bars of what arrived, peaks darker, a line of what was answered, with marks behind them.

    `flow`: day (or a week's Monday), received, answered, is_peak, is_partial.
    """
    kinds = [RECEIVED, ANSWERED] if is_weekly else [RECEIVED, PEAK, ANSWERED]
    colours = {RECEIVED: theme.now().sequential[2], PEAK: theme.now().warning, ANSWERED: theme.now().ink}
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]))
    bars = flow.assign(
        kind=[PEAK if peak and not is_weekly else RECEIVED for peak in flow["is_peak"]],
        until=flow["day"] + pd.Timedelta(hours=BAR_HOURS[is_weekly]),
        zero=0,
    )
    tip = [
        alt.Tooltip("day:T", title="Semana del" if is_weekly else "Día", format=DAY_FORMAT),
        alt.Tooltip("received:Q", title=RECEIVED, format=",d"),
        alt.Tooltip("answered:Q", title=ANSWERED, format=",d"),
    ]
    arrived = opening(alt.Chart(bars)).mark_rect(cornerRadiusTopLeft=1, cornerRadiusTopRight=1, cursor=pointer(bars))
    line = alt.Chart(bars.assign(kind=ANSWERED, middle=bars["day"] + pd.Timedelta(hours=BAR_HOURS[is_weekly] / 2)))
    scale = alt.Scale(domain=[0, ROOM_FOR_NAMES * max(float(flow[["received", "answered"]].max().max()), 1)])
    y = alt.Y("received:Q", title="Solicitudes", scale=scale)
    faded = alt.condition("datum.is_partial", alt.value(0.45), alt.value(1))
    return alt.layer(
        *marks.behind(flow["day"]),
        arrived.encode(
            x=days_axis(flow["day"]), x2="until:T", y=y, y2="zero:Q", color=colour, opacity=faded, tooltip=tip
        ),
        line.mark_line(strokeWidth=1.6, point=is_weekly).encode(
            x=days_axis(flow["day"], "middle"), y="answered:Q", color=colour, tooltip=tip
        ),
        *marks.over(flow["day"]),
    ).properties(height=HEIGHT)


def backlog(days: pd.DataFrame, marks: Marks) -> Drawn:
    """What waited at the end of each day, and the part of it whose term had run out. `days`: day, backlog, overdue."""
    scale = alt.Scale(domain=[WAITING, OVERDUE], range=[theme.now().accent, theme.now().late])
    tip = [
        alt.Tooltip("day:T", title="Al cierre del", format=DAY_FORMAT),
        alt.Tooltip("backlog:Q", title=WAITING, format=",d"),
        alt.Tooltip("overdue:Q", title=OVERDUE, format=",d"),
    ]

    room = alt.Scale(domain=[0, ROOM_FOR_NAMES * max(float(days["backlog"].max()), 1)])

    def area(column: str, kind: str, opacity: float) -> Drawn:
        filled = alt.Chart(days.assign(kind=kind)).mark_area(opacity=opacity, line={"strokeWidth": 2})
        y = alt.Y(f"{column}:Q", title="Sin respuesta", scale=room)
        drawn: Drawn = filled.encode(x=days_axis(days["day"]), y=y, color=alt.Color("kind:N", scale=scale), tooltip=tip)
        return drawn

    areas = [area("backlog", WAITING, 0.2), area("overdue", OVERDUE, 0.6)]
    layers = [*marks.behind(days["day"]), *areas, *marks.over(days["day"])]
    return alt.layer(*layers).properties(height=HEIGHT_LOW)
