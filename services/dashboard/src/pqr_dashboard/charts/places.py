"""Where requests come from, and what they are about."""

from __future__ import annotations

import altair as alt
import pandas as pd

from pqr_dashboard.charts import Drawn, shades, theme

__all__ = ["ranking", "tile_map"]

TILE_HEIGHT = 56
ROW_HEIGHT = 27
NEUTRAL, FEW = "#ECEFF0", "#B8C4C8"
WORSE = ("#FBF1EA", "#F0C5A3", "#DD8A5B", "#B84A26", "#8C1D18")
ROOM_FOR_TEXT = 1.35


def tile_map(placed: pd.DataFrame, measure: str, cases: str, *, is_bad: bool) -> Drawn:
    """One square per department, its code and value in it. `placed`: tiles with value, text, cases, is_few."""
    fills = _fills(placed, is_bad=is_bad)
    base = alt.Chart(placed.assign(fill=fills, ink=[shades.ink_on(fill) for fill in fills])).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(paddingInner=0.05, paddingOuter=0)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.05, paddingOuter=0)),
        tooltip=[
            alt.Tooltip("department:N", title="Departamento"), alt.Tooltip("text:N", title=measure),
            alt.Tooltip("cases:Q", title=f"Solicitudes ({cases})", format=",d"),
        ],
    )  # fmt: skip
    ink = alt.Color("ink:N", scale=None)
    return alt.layer(
        base.mark_rect(cornerRadius=5).encode(color=alt.Color("fill:N", scale=None)),
        base.mark_text(fontSize=11, dy=-9).encode(text="code:N", color=ink),
        base.mark_text(fontSize=12, dy=8, fontWeight="bold").encode(text="text:N", color=ink),
    ).properties(height=TILE_HEIGHT * (int(placed["row"].max()) + 1))


def ranking(rows: pd.DataFrame, measure: str, *, names: str) -> Drawn:
    """Bars in the order of the rows. `rows`: `names`, value, text, is_few, is_above (what must be)."""
    limit = float(rows["value"].max()) * ROOM_FOR_TEXT or 1
    fills = [
        FEW if few else theme.BAD if above else theme.ACCENT
        for few, above in zip(rows["is_few"], rows["is_above"], strict=True)
    ]
    base = alt.Chart(rows.assign(fill=fills))
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, limit]))
    y = alt.Y(f"{names}:N", sort=rows[names].tolist(), title=None,
              axis=alt.Axis(labelLimit=190, domain=False, ticks=False))  # fmt: skip
    bars = base.mark_bar(height={"band": 0.64}).encode(
        x=x, y=y,
        color=alt.Color("fill:N", scale=None),
        tooltip=[alt.Tooltip(f"{names}:N", title="Nombre"), alt.Tooltip("text:N", title=measure)],
    )  # fmt: skip
    texts = base.mark_text(align="left", dx=5, fontSize=12).encode(x=x, y=y, text="text:N")
    return alt.layer(bars, texts).properties(height=ROW_HEIGHT * len(rows) + 10)


def _fills(placed: pd.DataFrame, *, is_bad: bool) -> list[str]:
    """From the least to the most; grey where there are too few cases to tell."""
    is_told = ~placed["is_few"] & placed["value"].notna()
    told = placed.loc[is_told, "value"]
    low, high = (float(told.min()), float(told.max())) if len(told) else (0.0, 1.0)
    colours = WORSE if is_bad else theme.SEQUENTIAL
    step = (high - low or 1.0) / (len(colours) - 1)
    stops = [(low + number * step, colour) for number, colour in enumerate(colours)]
    return [
        shades.shade(value, stops) if told_here else NEUTRAL
        for value, told_here in zip(placed["value"], is_told, strict=True)
    ]
