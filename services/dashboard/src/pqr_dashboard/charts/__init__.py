"""Frames in, Altair charts out. Pure: no Streamlit, no Postgres."""

from __future__ import annotations

import altair as alt

__all__ = ["Drawn"]

Drawn = alt.Chart | alt.LayerChart | alt.FacetChart
