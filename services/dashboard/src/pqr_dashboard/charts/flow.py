"""What arrives, what is answered and what waits, over time."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import Drawn, theme

__all__ = ["backlog", "received_and_answered"]

HEIGHT = 250
RECEIVED, PEAK, ANSWERED, WAITING, OVERDUE = "Recibidas", "Día pico", "Respondidas", "Pendientes", "Vencidas"
BAND_OPACITY = 0.13
LABEL_STEP = 15  # names of peaks stand on lines of their own, so that they never overlap
LABEL_LINES = 3
ROOM_FOR_NAMES = 1.2  # above the highest bar
DAY_FORMAT = "%A %e de %B de %Y"
BAR_HOURS = {False: 19, True: 6 * 24 + 12}  # by whether a bar is a week


def received_and_answered(flow: pd.DataFrame, bands: pd.DataFrame, *, is_weekly: bool) -> Drawn:
    """Bars of what arrived, peaks darker, a line of what was answered; named peaks as bands behind them.

    `flow`: day (or a week's Monday), received, answered, is_peak, is_partial. `bands`: name, start, end, percent.
    """
    kinds = [RECEIVED, ANSWERED] if is_weekly else [RECEIVED, PEAK, ANSWERED]
    colours = {RECEIVED: theme.SEQUENTIAL[2], PEAK: theme.WARNING, ANSWERED: theme.INK}
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
    arrived = alt.Chart(bars).mark_rect(cornerRadiusTopLeft=1, cornerRadiusTopRight=1)
    line = alt.Chart(bars.assign(kind=ANSWERED, middle=bars["day"] + pd.Timedelta(hours=BAR_HOURS[is_weekly] / 2)))
    scale = alt.Scale(domain=[0, ROOM_FOR_NAMES * max(float(flow[["received", "answered"]].max().max()), 1)])
    y = alt.Y("received:Q", title="Solicitudes", scale=scale)
    faded = alt.condition("datum.is_partial", alt.value(0.45), alt.value(1))
    return alt.layer(
        *_bands(bands),
        arrived.encode(x=_days(), x2="until:T", y=y, y2="zero:Q", color=colour, opacity=faded, tooltip=tip),
        line.mark_line(strokeWidth=1.6, point=is_weekly).encode(
            x=_days("middle"), y="answered:Q", color=colour, tooltip=tip
        ),
        *_band_names(bands),
    ).properties(height=HEIGHT)


def backlog(days: pd.DataFrame, bands: pd.DataFrame) -> Drawn:
    """What waited at the end of each day, and the part of it whose term had run out. `days`: day, backlog, overdue."""
    scale = alt.Scale(domain=[WAITING, OVERDUE], range=[theme.ACCENT, theme.BAD])
    tip = [
        alt.Tooltip("day:T", title="Al cierre del", format=DAY_FORMAT),
        alt.Tooltip("backlog:Q", title=WAITING, format=",d"),
        alt.Tooltip("overdue:Q", title=OVERDUE, format=",d"),
    ]

    def area(column: str, kind: str, opacity: float) -> Drawn:
        filled = alt.Chart(days.assign(kind=kind)).mark_area(opacity=opacity, line={"strokeWidth": 2})
        y = alt.Y(f"{column}:Q", title="Sin respuesta")
        drawn: Drawn = filled.encode(x=_days(), y=y, color=alt.Color("kind:N", scale=scale), tooltip=tip)
        return drawn

    return alt.layer(*_bands(bands), area("backlog", WAITING, 0.2), area("overdue", OVERDUE, 0.6)).properties(
        height=HEIGHT - 40
    )


def _days(column: str = "day") -> alt.X:
    axis = alt.Axis(format="%e %b", tickCount=8, labelOverlap="greedy", labelSeparation=12)
    return alt.X(f"{column}:T", title=None, axis=axis)


def _bands(bands: pd.DataFrame) -> list[Drawn]:
    if bands.empty:  # an axis of no days is infinite
        return []
    tip = [
        alt.Tooltip("name:N", title="Pico"),
        alt.Tooltip("start:T", title="Desde", format="%e de %B"),
        alt.Tooltip("percent:Q", title="Sobre lo habitual (%)", format="+d"),
    ]
    rect = alt.Chart(bands).mark_rect(color=theme.WARNING, opacity=BAND_OPACITY)
    return [rect.encode(x=_days("start"), x2="end:T", tooltip=tip)]


def _band_names(bands: pd.DataFrame) -> list[Drawn]:
    if bands.empty:
        return []
    base = alt.Chart(bands.assign(line=[4 + LABEL_STEP * (number % LABEL_LINES) for number in range(len(bands))]))
    text = base.mark_text(align="right", baseline="top", dx=-4, color=theme.AMBER, fontSize=11, fontWeight=600)
    return [text.encode(x=_days("start"), y=alt.Y("line:Q", scale=None, axis=None), text="name:N")]
