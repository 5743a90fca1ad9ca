"""When requests arrive: hours of the day by days of the week."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from pqr_dashboard.charts import Drawn, opening, pointer, scales, theme

__all__ = ["hours"]

ROW_HEIGHT = 24
TICKS = list(range(0, 24, 3))


def hours(cells: pd.DataFrame, *, kinds: Sequence[str]) -> Drawn:
    """`cells`: weekday, day_name, hour, text (requests in that hour of such a day), received, kind (of `kinds`)."""
    order = list(dict.fromkeys(cells.sort_values("weekday")["day_name"]))
    drawn: Drawn = (
        opening(alt.Chart(cells))
        .mark_rect(stroke=theme.now().paper, strokeWidth=1, cursor=pointer(cells))
        .encode(
            x=alt.X(
                "hour:O", title="Hora de llegada", axis=alt.Axis(values=TICKS, labelAngle=0, domain=False, ticks=False)
            ),
            y=alt.Y("day_name:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False)),
            color=scales.classes(kinds),
            tooltip=[
                alt.Tooltip("day_name:N", title="Día"),
                alt.Tooltip("hour:O", title="Hora"),
                alt.Tooltip("text:N", title="Por día, en promedio"),
                alt.Tooltip("received:Q", title="Recibidas", format=",d"),
            ],
        )
        .properties(height=ROW_HEIGHT * len(order) + scales.LEGEND + 40)
    )
    return drawn
