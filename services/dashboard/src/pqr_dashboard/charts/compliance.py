"""How the legal terms are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from pqr_dashboard.charts import Drawn, shades, theme
from pqr_dashboard.figures import wording

__all__ = ["age", "breach_by_type", "gauge", "heat", "response_time"]

RADIUS, WIDTH = 118, 24  # of the gauge, in pixels
ROW_HEIGHT = 30
HEIGHT = 260
ROOM_FOR_TEXT = 2.2  # a scale this much longer than its longest bar leaves room for words at the right
ROOM_FOR_TERMS = 1.25  # above the highest bar, for the names of the terms
KEPT, LATE = "En término", "Fuera de término"


def gauge(breach_rate: float, threshold: float) -> Drawn:
    """The share of terms kept, of a target of 100 %, with a mark where the breach threshold lies."""
    kept = 1 - breach_rate
    colour = theme.BAD if breach_rate > threshold else theme.GOOD
    arcs = [
        _arc(0, 1, theme.LINE),
        _arc(0, kept, colour),
        _arc(1 - threshold - 0.004, 1 - threshold + 0.004, theme.INK, beyond=8),
    ]
    target = f"Meta 100 % · incumplimiento {wording.percent(breach_rate)}"
    texts = [
        _words(wording.percent(kept), RADIUS - 8, size=34, colour=colour, is_bold=True),
        _words("cumplidas en término", RADIUS + 18, size=13, colour=theme.GREY),
        _words(target, RADIUS + 52, size=13, colour=theme.INK, is_bold=True),
        _words(f"Marca negra: umbral de {wording.percent(threshold, 0)}", RADIUS + 72, size=12, colour=theme.GREY),
    ]
    return alt.layer(*arcs, *texts).properties(height=RADIUS + 88)


def _arc(start: float, end: float, colour: str, *, beyond: int = 0) -> Drawn:
    """A piece of the half circle, from 0 at its left to 1 at its right."""
    ends = pd.DataFrame({"start": [math.pi * (start - 0.5)], "end": [math.pi * (end - 0.5)]})
    piece = alt.Chart(ends).mark_arc(innerRadius=RADIUS - WIDTH, outerRadius=RADIUS + beyond, color=colour)
    drawn: Drawn = piece.encode(theta=alt.Theta("start:Q", scale=None), theta2="end:Q", y=alt.value(RADIUS + 16))
    return drawn


def _words(text: str, y: float, *, size: int, colour: str, is_bold: bool = False) -> Drawn:
    word = alt.Chart(pd.DataFrame({"text": [text]}))
    marked = word.mark_text(fontSize=size, fontWeight="bold" if is_bold else "normal", color=colour)
    drawn: Drawn = marked.encode(text="text:N", y=alt.value(y))
    return drawn


def breach_by_type(types: pd.DataFrame, threshold: float) -> Drawn:
    """Bars of the breach rate with the threshold as a rule. `types`: name, breached, due, breach_rate; worst first."""
    shown = types.assign(
        text=[
            f"{wording.percent(row['breach_rate'])}  ·  {wording.count(row['breached'])} de {wording.count(row['due'])}"
            for row in types.to_dict("records")
        ],
        is_above=types["breach_rate"] > threshold,
    )
    limit = max(float(shown["breach_rate"].max()), threshold) * ROOM_FOR_TEXT
    x = alt.X("breach_rate:Q", title=None, axis=None, scale=alt.Scale(domain=[0, limit]))
    y = alt.Y(
        "name:N", sort=shown["name"].tolist(), title=None, axis=alt.Axis(labelLimit=150, domain=False, ticks=False)
    )
    base = alt.Chart(shown)
    bars = base.mark_bar(height={"band": 0.62}).encode(
        x=x, y=y,
        color=alt.condition("datum.is_above", alt.value(theme.BAD), alt.value(theme.ACCENT)),
        tooltip=[alt.Tooltip("name:N", title="Tipo"), alt.Tooltip("text:N", title="Incumplimiento")],
    )  # fmt: skip
    texts = base.mark_text(align="right", fontSize=12).encode(x=alt.value("width"), y=y, text="text:N")
    mark = alt.Chart(pd.DataFrame({"at": [threshold], "text": [f"umbral {wording.percent(threshold, 0)}"]}))
    rule = mark.mark_rule(color=theme.INK, strokeDash=[4, 3]).encode(x="at:Q")
    named = mark.mark_text(baseline="bottom", fontSize=11, color=theme.GREY)
    return alt.layer(bars, rule, texts, named.encode(x="at:Q", y=alt.value(-2), text="text:N")).properties(
        height=ROW_HEIGHT * len(shown) + 10
    )


def heat(cells: pd.DataFrame, order: Sequence[str], threshold: float) -> Drawn:
    """Breach rate by type and month. `cells`: month, name, breach_rate, breached, due."""
    stops = [(0.0, "#E9F3F5"), (0.75 * threshold, "#FBF3DF"), (threshold, "#F0C369"), (2 * threshold, theme.BAD)]
    fills = [shades.shade(rate, stops) for rate in cells["breach_rate"]]
    shown = cells.assign(
        fill=fills,
        ink=[shades.ink_on(fill) for fill in fills],
        month_name=[wording.month(month, is_short=True) for month in cells["month"]],
        text=[wording.percent(rate) for rate in cells["breach_rate"]],
    )
    months = list(dict.fromkeys(shown.sort_values("month")["month_name"]))
    axis = alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)
    base = alt.Chart(shown).encode(
        x=alt.X("month_name:N", sort=months, title=None, axis=axis),
        y=alt.Y("name:N", sort=list(order), title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=150)),
        tooltip=[
            alt.Tooltip("name:N", title="Tipo"), alt.Tooltip("month_name:N", title="Vencían en"),
            alt.Tooltip("due:Q", title="Vencían", format=",d"),
            alt.Tooltip("breached:Q", title="Incumplidas", format=",d"),
            alt.Tooltip("text:N", title="Incumplimiento"),
        ],
    )  # fmt: skip
    return alt.layer(
        base.mark_rect(stroke="white", strokeWidth=3, cornerRadius=4).encode(color=alt.Color("fill:N", scale=None)),
        base.mark_text(fontSize=12).encode(text="text:N", color=alt.Color("ink:N", scale=None)),
    ).properties(height=ROW_HEIGHT * shown["name"].nunique() + 30)


def response_time(days: pd.DataFrame, terms: pd.DataFrame) -> Drawn:
    """How many answers took how long, late ones apart; legal terms as rules.

    `days`: business_days, kind (in term or late), tickets. `terms`: at, text.
    """
    scale = alt.Scale(domain=[KEPT, LATE], range=[theme.ACCENT, theme.BAD])
    x = alt.X(
        "from:Q", title="Días hábiles hasta la respuesta", axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[-0.5, int(days["business_days"].max()) + 1], nice=False),
    )  # fmt: skip
    y = alt.Y(
        "base:Q", title="Solicitudes cerradas", scale=alt.Scale(domain=[0, ROOM_FOR_TERMS * float(days["top"].max())])
    )
    placed = days.assign(**{"from": days["business_days"] - 0.42, "to": days["business_days"] + 0.42})
    bars = alt.Chart(placed).mark_bar(cornerRadiusEnd=0, orient="vertical")
    return alt.layer(
        bars.encode(
            x=x, x2="to:Q", y=y, y2="top:Q",
            color=alt.Color("kind:N", scale=scale),
            tooltip=[
                alt.Tooltip("business_days:Q", title="Días hábiles", format="d"),
                alt.Tooltip("kind:N", title="Respuesta"), alt.Tooltip("tickets:Q", title="Solicitudes", format=",d"),
            ],
        ),
        *_terms(terms),
    ).properties(height=HEIGHT)  # fmt: skip


def _terms(terms: pd.DataFrame) -> list[alt.Chart]:
    base = alt.Chart(terms.assign(line=[2 + 14 * number for number in range(len(terms))]))
    text = base.mark_text(align="left", dx=4, baseline="top", fontSize=11, color=theme.INK)
    return [
        base.mark_rule(color=theme.INK, strokeDash=[4, 3]).encode(x="at:Q"),
        text.encode(x="at:Q", y=alt.Y("line:Q", scale=None, axis=None), text="text:N"),
    ]


def age(bands: pd.DataFrame) -> Drawn:
    """What waits, by how many business days it has waited. `bands`: age_band, age_band_order, kind, tickets."""
    scale = alt.Scale(domain=["En término", "Vencida"], range=[theme.ACCENT, theme.BAD])
    order = list(dict.fromkeys(bands.sort_values("age_band_order")["age_band"]))
    bars = alt.Chart(bands).mark_bar()
    drawn: Drawn = bars.encode(
        x=alt.X("age_band:N", sort=order, title="Días hábiles de espera", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("tickets:Q", title="Sin respuesta"),
        color=alt.Color("kind:N", scale=scale),
        tooltip=[
            alt.Tooltip("age_band:N", title="Días hábiles"), alt.Tooltip("kind:N", title="Estado"),
            alt.Tooltip("tickets:Q", title="Solicitudes", format=",d"),
        ],
    ).properties(height=HEIGHT)  # fmt: skip
    return drawn
