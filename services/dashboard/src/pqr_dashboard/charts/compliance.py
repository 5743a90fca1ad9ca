"""How the legal terms are kept."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from pqr_dashboard.charts import OPENS, Drawn, opening, pointer, scales, theme
from pqr_dashboard.figures import judging, wording

__all__ = ["age", "breach_by_type", "bullet", "heat", "response_time"]

BULLET = 34  # the height of its band, in pixels
ROOM_FOR_MARK = 1.15
ROW_HEIGHT = 30
HEIGHT = 260
CELL_FOR_TEXT = 46  # pixels
ROOM_FOR_TEXT = 2.2  # a scale this much longer than its longest bar leaves room for words at the right
ROOM_FOR_TERMS = 1.25  # above the highest bar, for the names of the terms
KEPT, LATE = "En término", "Fuera de término"


def bullet(breached: int, due: int, threshold: float, *, address: str = "") -> Drawn:
    """The breach rate as a bar, with a mark where its threshold lies, in the colour of what that says.

    `address` is what the bar opens.
    """
    rate, kind = breached / due, judging.judged(breached, due)
    limit = max(2 * threshold, ROOM_FOR_MARK * rate)
    colour = scales.colours_of([kind])[kind]
    scale = alt.Scale(domain=[0, limit], nice=False)
    x = alt.X("at:Q", scale=scale, title=None, axis=alt.Axis(format=".0%", tickCount=5, grid=False))
    middle = alt.value(BULLET * 1.2)
    band = (
        alt.Chart(pd.DataFrame({"at": [limit]})).mark_bar(height=BULLET, color=theme.now().line).encode(x=x, y=middle)
    )
    reached = pd.DataFrame({"at": [rate]} | ({OPENS: [address]} if address else {}))
    bar = opening(alt.Chart(reached)).mark_bar(
        height=BULLET / 2, color=colour, stroke=theme.now().ink, strokeWidth=0.5, cursor=pointer(reached)
    )
    mark = alt.Chart(pd.DataFrame({"at": [threshold], "said": [f"umbral {wording.percent(threshold, 0)}"]}))
    return alt.layer(
        band,
        bar.encode(x=x, y=middle),
        mark.mark_tick(thickness=3, size=1.3 * BULLET, color=theme.now().ink).encode(x=x, y=middle),
        mark.mark_text(fontSize=12, color=theme.now().ink).encode(x=x, y=alt.value(6), text="said:N"),
    ).properties(height=3 * BULLET)  # its axis as well


def breach_by_type(types: pd.DataFrame, threshold: float) -> Drawn:
    """Bars of the breach rate with the threshold as a rule. `types`: name, breached, due, breach_rate, is_chosen."""
    shown = types.assign(
        text=[
            f"{wording.percent(row['breach_rate'])}  ·  {wording.count(row['breached'])} de {wording.count(row['due'])}"
            for row in types.to_dict("records")
        ],
        kind=[judging.judged(*pair) for pair in zip(types["breached"], types["due"], strict=True)],
    )
    limit = max(float(shown["breach_rate"].max()), threshold) * ROOM_FOR_TEXT
    x = alt.X("breach_rate:Q", title=None, axis=None, scale=alt.Scale(domain=[0, limit]))
    y = alt.Y(
        "name:N", sort=shown["name"].tolist(), title=None, axis=alt.Axis(labelLimit=150, domain=False, ticks=False)
    )
    base = opening(alt.Chart(shown))
    bars = base.mark_bar(height={"band": 0.62}, cursor=pointer(shown)).encode(
        x=x, y=y,
        color=scales.classes(judging.KINDS),
        opacity=alt.condition("datum.is_chosen", alt.value(1), alt.value(0.35)),
        tooltip=[alt.Tooltip("name:N", title="Tipo"), alt.Tooltip("text:N", title="Incumplimiento")],
    )  # fmt: skip
    texts = base.mark_text(align="right", fontSize=12).encode(x=alt.value("width"), y=y, text="text:N")
    mark = alt.Chart(pd.DataFrame({"at": [threshold], "text": [f"umbral {wording.percent(threshold, 0)}"]}))
    rule = mark.mark_rule(color=theme.now().ink, strokeDash=[4, 3]).encode(x="at:Q")
    named = mark.mark_text(baseline="bottom", fontSize=11, color=theme.now().grey)
    return alt.layer(bars, rule, texts, named.encode(x="at:Q", y=alt.value(-2), text="text:N")).properties(
        height=ROW_HEIGHT * len(shown) + scales.LEGEND
    )


def heat(cells: pd.DataFrame, order: Sequence[str]) -> Drawn:
    """Breach rate by type and month. `cells`: month, mark (what to say of it), name, breach_rate, breached, due."""
    kinds = [judging.judged(*pair) for pair in zip(cells["breached"], cells["due"], strict=True)]
    colours = scales.colours_of(kinds)
    shown = cells.assign(
        kind=kinds,
        ink=[scales.ink_on(colours[kind]) for kind in kinds],
        month_name=[
            f"{wording.month(month, is_short=True)}\n{mark}".strip()
            for month, mark in zip(cells["month"], cells["mark"], strict=True)
        ],
        text=[wording.percent(rate) for rate in cells["breach_rate"]],
    )
    months = list(dict.fromkeys(shown.sort_values("month")["month_name"]))
    size = alt.ExprRef(f"width / {len(months)} < {CELL_FOR_TEXT} ? 0 : 12")  # letters only where they have room
    base = opening(alt.Chart(shown)).encode(
        x=alt.X("month_name:N", sort=months, title=None, axis=_months_axis(is_marked=bool(cells["mark"].any()))),
        y=alt.Y("name:N", sort=list(order), title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=150)),
        tooltip=[
            alt.Tooltip("name:N", title="Tipo"), alt.Tooltip("month_name:N", title="Vencían en"),
            alt.Tooltip("due:Q", title="Vencían", format=",d"),
            alt.Tooltip("breached:Q", title="Incumplidas", format=",d"),
            alt.Tooltip("text:N", title="Incumplimiento"),
        ],
    )  # fmt: skip
    layers = alt.layer(
        base.mark_rect(stroke=theme.now().paper, strokeWidth=2, cornerRadius=3, cursor=pointer(shown)).encode(
            color=scales.classes(judging.KINDS)
        ),
        base.mark_text(fontSize=size, cursor=pointer(shown)).encode(
            text="text:N", color=alt.Color("ink:N", scale=None)
        ),
    )
    height = ROW_HEIGHT * shown["name"].nunique() + scales.LEGEND + 30
    drawn: Drawn = layers.resolve_scale(color="independent").properties(height=height)
    return drawn


def _months_axis(*, is_marked: bool) -> alt.Axis:
    """Months at the top, what there is to say of one below its name; where they have no room some go unnamed."""
    return alt.Axis(
        orient="top", labelAngle=0, domain=False, ticks=False, labelExpr="split(datum.label, '\\n')",
        labelOverlap="greedy", labelSeparation=6, labelPadding=18 if is_marked else 4,
    )  # fmt: skip


def response_time(days: pd.DataFrame, terms: pd.DataFrame) -> Drawn:
    """How many answers took how long, late ones apart; legal terms as rules.

    `days`: business_days, kind (in term or late), tickets. `terms`: at, text.
    """
    scale = alt.Scale(domain=[KEPT, LATE], range=[theme.now().accent, theme.now().late])
    x = alt.X(
        "from:Q", title="Días hábiles hasta la respuesta", axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(domain=[-0.5, int(days["business_days"].max()) + 1], nice=False),
    )  # fmt: skip
    y = alt.Y(
        "base:Q", title="Solicitudes cerradas", scale=alt.Scale(domain=[0, ROOM_FOR_TERMS * float(days["top"].max())])
    )
    placed = days.assign(**{"from": days["business_days"] - 0.42, "to": days["business_days"] + 0.42})
    bars = opening(alt.Chart(placed)).mark_bar(cornerRadiusEnd=0, orient="vertical", cursor=pointer(placed))
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
    around, ink = {"stroke": theme.now().paper, "strokeWidth": 4}, {"color": theme.now().ink}  # clear of other rules
    texts = [base.mark_text(align="left", dx=4, baseline="top", fontSize=11, **style) for style in (around, ink)]
    return [
        base.mark_rule(color=theme.now().ink, strokeDash=[4, 3]).encode(x="at:Q"),
        *(text.encode(x="at:Q", y=alt.Y("line:Q", scale=None, axis=None), text="text:N") for text in texts),
    ]


def age(bands: pd.DataFrame) -> Drawn:
    """What waits, by how many business days it has waited. `bands`: age_band, age_band_order, kind, tickets."""
    scale = alt.Scale(domain=["En término", "Vencida"], range=[theme.now().accent, theme.now().late])
    order = list(dict.fromkeys(bands.sort_values("age_band_order")["age_band"]))
    bars = opening(alt.Chart(bands)).mark_bar(cursor=pointer(bands))
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
