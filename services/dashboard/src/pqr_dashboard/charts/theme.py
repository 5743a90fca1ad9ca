"""The colours of the two themes, inks with a contrast of at least 4.5 on their paper, and how charts look."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import altair as alt

from pqr_dashboard.figures.wording import MONTHS

__all__ = ["DARK", "FONT", "LIGHT", "Palette", "now", "use_charts"]


@dataclass(frozen=True, slots=True)
class Palette:
    """`warning` is for surfaces, `amber` the same as ink; `classes` are those of rates, as `judging` has them.

    `late`, beyond its term, is a fact of each ticket; `bad`, red, is for rates that chance does not explain.
    """

    paper: str
    surface: str
    ink: str
    grey: str
    line: str
    accent: str
    good: str
    bad: str
    warning: str
    amber: str
    sequential: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def late(self) -> str:
        return self.warning


LIGHT = Palette(
    paper="#FFFFFF", surface="#F4F7F8", ink="#1B2A30", grey="#5A6B72", line="#DDE4E7", accent="#0F5C6E",
    good="#2E7D4F", bad="#B3261E", warning="#B26A00", amber="#855000",
    sequential=("#E8F1F3", "#B9D5DB", "#7FB1BC", "#46899A", "#0F5C6E", "#083A46"),
    classes=("#CFE3E8", "#7FB1BC", "#F0C369", "#B3261E", "#C9D1D4"),
)  # fmt: skip
DARK = Palette(
    paper="#10181C", surface="#1A252B", ink="#E4ECEF", grey="#A3B4BB", line="#34434A", accent="#6CBCCD",
    good="#76C795", bad="#FF8A80", warning="#D9902F", amber="#F0B45A",
    sequential=("#16303A", "#1F4A55", "#2F6F7F", "#4A97A9", "#7FC0CE", "#B9E0E8"),
    classes=("#1F4A55", "#3A8496", "#D9A441", "#FF8A80", "#4F5D64"),
)  # fmt: skip
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
_palette: ContextVar[Palette] = ContextVar("palette", default=LIGHT)


def now() -> Palette:
    """The colours of this visitor's theme."""
    return _palette.get()


@alt.theme.register("pqr", enable=False)
def _charts() -> alt.theme.ThemeConfig:
    shown = now()
    return {
        "config": {
            "font": FONT,
            "background": "transparent",
            "locale": LOCALE,
            "view": {"stroke": None},
            "axis": {
                "labelColor": shown.grey, "titleColor": shown.grey, "titleFontWeight": "normal", "titleFontSize": 12,
                "labelFontSize": 12, "gridColor": shown.line, "domainColor": shown.line, "tickColor": shown.line,
            },
            "axisX": {"grid": False},
            "axisY": {"labelPadding": 6},
            "legend": {"labelColor": shown.ink, "labelFontSize": 12, "title": None, "orient": "top",
                       "symbolType": "square", "symbolOpacity": 1},
            "header": {"labelColor": shown.ink, "labelFontSize": 12, "title": None},
            "title": {"color": shown.ink, "fontSize": 13, "anchor": "start", "fontWeight": 600},
            "bar": {"color": shown.accent, "cornerRadiusEnd": 2},
            "line": {"color": shown.accent, "strokeWidth": 2},
            "text": {"color": shown.ink, "fontSize": 12},
        }
    }  # fmt: skip


def use_charts(*, is_dark: bool = False) -> None:
    """Charts of this thread look like the rest, in the visitor's theme."""
    _palette.set(DARK if is_dark else LIGHT)
    alt.theme.enable("pqr")
