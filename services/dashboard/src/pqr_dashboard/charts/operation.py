"""When each stage of a run worked, and what was rejected by which rule."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import theme

__all__ = ["rejects", "stages"]

STEP = 30


def stages(attempts: pd.DataFrame, order: list[str]) -> alt.Chart:
    """One bar per attempt, along the seconds since the run began. `attempts`: stage, state, start, end, said."""
    palette = theme.now()
    states = {"Completa": palette.good, "Falló": palette.bad, "En curso": palette.warning, "Ilegible": palette.grey}
    scale = alt.Scale(domain=list(states), range=list(states.values()))
    bars: alt.Chart = alt.Chart(attempts).mark_bar(cornerRadius=3, minBandSize=12).encode(
        y=alt.Y("stage:N", sort=order, title=None, axis=alt.Axis(labelLimit=120)),
        x=alt.X("start:Q", title="Segundos desde el comienzo"), x2="end:Q",
        color=alt.Color("state:N", scale=scale),
        tooltip=[
            alt.Tooltip("stage:N", title="Etapa"),
            alt.Tooltip("attempt:Q", title="Intento"),
            alt.Tooltip("state:N", title="Estado"),
            alt.Tooltip("said:N", title="Duración"),
            alt.Tooltip("rows:Q", title="Filas", format=",d"),
        ],
    ).properties(height=alt.Step(STEP))  # fmt: skip
    return bars


def rejects(found: pd.DataFrame) -> alt.Chart:
    """One bar per rule. `found`: rule_said, layer_said, rejected, share."""
    bars: alt.Chart = alt.Chart(found).mark_bar().encode(
        y=alt.Y("rule_said:N", sort="-x", title=None, axis=alt.Axis(labelLimit=200)),
        x=alt.X("rejected:Q", title="Líneas rechazadas", axis=alt.Axis(format=",d", tickMinStep=1)),
        color=alt.Color("layer_said:N", scale=alt.Scale(range=[theme.now().accent, theme.now().warning])),
        tooltip=[
            alt.Tooltip("layer_said:N", title="Capa"),
            alt.Tooltip("rule_said:N", title="Regla"),
            alt.Tooltip("rejected:Q", title="Líneas", format=",d"),
            alt.Tooltip("share:Q", title="De lo leído", format=".2%"),
        ],
    ).properties(height=alt.Step(STEP))  # fmt: skip
    return bars
