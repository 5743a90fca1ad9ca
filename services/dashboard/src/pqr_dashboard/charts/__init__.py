"""Frames in, Altair charts out. Pure: no Streamlit, no Postgres."""

from __future__ import annotations

from typing import Literal

import altair as alt
import pandas as pd

__all__ = ["OPENS", "Drawn", "opening", "pointer"]

Drawn = alt.Chart | alt.LayerChart | alt.FacetChart
OPENS = "opens"  # the column with the address of what a mark counts, and the name of choosing it


def opening(marks: alt.Chart) -> alt.Chart:
    """Marks that can be chosen one at a time, where their rows say what they open."""
    if OPENS not in marks.data.columns:
        return marks
    chosen: alt.Chart = marks.add_params(alt.selection_point(OPENS, fields=[OPENS], on="click", toggle="false"))
    return chosen


def pointer(rows: pd.DataFrame) -> Literal["pointer", "default"]:
    """How a mark of such rows shows whether it opens something."""
    return "pointer" if OPENS in rows.columns else "default"
