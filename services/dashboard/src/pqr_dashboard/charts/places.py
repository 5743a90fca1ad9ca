"""Where requests come from, and what they are about."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from pqr_dashboard.charts import Drawn, opening, pointer, scales

__all__ = ["ranking", "tile_map"]

TILE_HEIGHT = 56
ROW_HEIGHT = 27
ROOM_FOR_TEXT = 1.35


def tile_map(placed: pd.DataFrame, measure: str, cases: str, *, kinds: Sequence[str]) -> Drawn:
    """One square per department, its code and value in it. `placed`: tiles with kind (of `kinds`), text, cases."""
    colours = scales.colours_of(kinds)
    inks = [scales.ink_on(colours[kind]) for kind in placed["kind"]]
    base = opening(alt.Chart(placed.assign(ink=inks))).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(paddingInner=0.05, paddingOuter=0)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.05, paddingOuter=0)),
        tooltip=[
            alt.Tooltip("department:N", title="Departamento"), alt.Tooltip("text:N", title=measure),
            alt.Tooltip("cases:Q", title=f"Solicitudes ({cases})", format=",d"),
        ],
    )  # fmt: skip
    ink = alt.Color("ink:N", scale=None)
    layers = alt.layer(
        base.mark_rect(cornerRadius=5, cursor=pointer(placed)).encode(color=scales.classes(kinds)),
        base.mark_text(fontSize=11, dy=-9, cursor=pointer(placed)).encode(text="code:N", color=ink),
        base.mark_text(fontSize=12, dy=8, fontWeight="bold", cursor=pointer(placed)).encode(text="text:N", color=ink),
    )
    height = TILE_HEIGHT * (int(placed["row"].max()) + 1) + scales.LEGEND
    drawn: Drawn = layers.resolve_scale(color="independent").properties(height=height)
    return drawn


def ranking(rows: pd.DataFrame, measure: str, *, names: str, kinds: Sequence[str]) -> Drawn:
    """Bars in the order of the rows. `rows`: `names`, value, text, kind (of `kinds`)."""
    limit = float(rows["value"].max()) * ROOM_FOR_TEXT or 1
    base = opening(alt.Chart(rows))
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, limit]))
    y = alt.Y(f"{names}:N", sort=rows[names].tolist(), title=None,
              axis=alt.Axis(labelLimit=190, domain=False, ticks=False))  # fmt: skip
    bars = base.mark_bar(height={"band": 0.64}, cursor=pointer(rows)).encode(
        x=x, y=y,
        color=scales.classes(kinds),
        tooltip=[alt.Tooltip(f"{names}:N", title="Nombre"), alt.Tooltip("text:N", title=measure)],
    )  # fmt: skip
    texts = base.mark_text(align="left", dx=5, fontSize=12).encode(x=x, y=y, text="text:N")
    return alt.layer(bars, texts).properties(height=ROW_HEIGHT * len(rows) + scales.LEGEND)
