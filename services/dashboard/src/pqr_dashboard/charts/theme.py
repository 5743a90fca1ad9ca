"""Colours with a contrast of at least 4.5 on white, and how charts look."""

from __future__ import annotations

from typing import Any

import altair as alt

from pqr_dashboard.figures.wording import MONTHS

__all__ = [
    "ACCENT", "AMBER", "BAD", "CLASSES", "FONT", "GOOD", "GREY", "INK", "LATE", "LINE", "SEQUENTIAL", "SURFACE",
    "WARNING", "use_charts",
]  # fmt: skip

ACCENT, GOOD, BAD, WARNING = "#0F5C6E", "#2E7D4F", "#B3261E", "#B26A00"
AMBER = "#855000"  # the warning colour as ink: on white, WARNING itself is for surfaces
LATE = WARNING  # beyond its term: a fact of each ticket, which red, for what chance does not explain, is not for
INK, GREY, LINE, SURFACE = "#1B2A30", "#5A6B72", "#DDE4E7", "#F4F7F8"
SEQUENTIAL = ("#E8F1F3", "#B9D5DB", "#7FB1BC", "#46899A", "#0F5C6E", "#083A46")
CLASSES = (
    "#CFE3E8",
    "#7FB1BC",
    "#F0C369",
    "#B3261E",
    "#C9D1D4",
)  # of rates beside their target, as `judging` names them
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', 'DejaVu Sans', sans-serif"

LOCALE: Any = {
    "number": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["$", ""], "percent": "\u00a0%"},
    "time": {
        "dateTime": "%A, %e de %B de %Y, %X",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["a. m.", "p. m."],
        "days": ["domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"],
        "shortDays": ["dom", "lun", "mar", "mié", "jue", "vie", "sáb"],
        "months": list(MONTHS),
        "shortMonths": [name[:3] for name in MONTHS],
    },
}


@alt.theme.register("pqr", enable=False)
def _charts() -> alt.theme.ThemeConfig:
    return {
        "config": {
            "font": FONT,
            "background": "transparent",
            "locale": LOCALE,
            "view": {"stroke": None},
            "axis": {
                "labelColor": GREY, "titleColor": GREY, "titleFontWeight": "normal", "titleFontSize": 12,
                "labelFontSize": 12, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE,
            },
            "axisX": {"grid": False},
            "axisY": {"labelPadding": 6},
            "legend": {"labelColor": INK, "labelFontSize": 12, "title": None, "orient": "top", "symbolType": "square",
                       "symbolOpacity": 1},
            "header": {"labelColor": INK, "labelFontSize": 12, "title": None},
            "title": {"color": INK, "fontSize": 13, "anchor": "start", "fontWeight": 600},
            "bar": {"color": ACCENT, "cornerRadiusEnd": 2},
            "line": {"color": ACCENT, "strokeWidth": 2},
            "text": {"color": INK, "fontSize": 12},
        }
    }  # fmt: skip


def use_charts() -> None:
    """Charts of this thread look like the rest."""
    alt.theme.enable("pqr")
