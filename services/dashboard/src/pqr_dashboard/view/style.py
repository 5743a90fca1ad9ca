"""How pages look: options of Streamlit, and CSS for both themes, small screens and paper."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from pqr_dashboard.charts import theme
from pqr_dashboard.charts.theme import Palette

__all__ = ["STREAMLIT", "css", "script"]

INKS = ("paper", "surface", "ink", "grey", "line", "accent", "good", "bad", "amber")


def _options(name: str, palette: Palette) -> dict[str, Any]:
    """A theme of Streamlit's: without a base it follows the visitor's system."""
    return {
        f"theme.{name}.primaryColor": palette.accent,
        f"theme.{name}.backgroundColor": palette.paper,
        f"theme.{name}.secondaryBackgroundColor": palette.surface,
        f"theme.{name}.textColor": palette.ink,
        f"theme.{name}.linkColor": palette.accent,
    }


STREAMLIT: dict[str, Any] = {
    "theme.font": theme.FONT,
    "theme.baseRadius": "8px",
    **_options("light", theme.LIGHT),
    **_options("dark", theme.DARK),
}


@cache
def css(*, is_dark: bool) -> str:
    """The style sheet of every page, as a tag."""
    sheet = resources.files("pqr_dashboard.view").joinpath("style.css").read_text(encoding="utf-8")
    palette = theme.DARK if is_dark else theme.LIGHT
    variables = "".join(f"--pqr-{name}:{getattr(palette, name)};" for name in INKS)
    return f"<style>:root{{{variables}}}{sheet}</style>"


@cache
def script() -> str:
    """What the browser does besides, as a tag."""
    return (
        f"<script>{resources.files('pqr_dashboard.view').joinpath('browser.js').read_text(encoding='utf-8')}</script>"
    )
