"""How pages look: options of Streamlit, and CSS for small screens and paper."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from pqr_dashboard.charts import theme

__all__ = ["STREAMLIT", "css"]

STREAMLIT: dict[str, Any] = {
    "theme.base": "light",
    "theme.primaryColor": theme.ACCENT,
    "theme.backgroundColor": "#FFFFFF",
    "theme.secondaryBackgroundColor": theme.SURFACE,
    "theme.textColor": theme.INK,
    "theme.linkColor": theme.ACCENT,
    "theme.font": theme.FONT,
    "theme.baseRadius": "8px",
}
COLOURS = {
    "accent": theme.ACCENT, "good": theme.GOOD, "bad": theme.BAD, "warning": theme.AMBER, "ink": theme.INK,
    "grey": theme.GREY, "line": theme.LINE, "surface": theme.SURFACE,
}  # fmt: skip


@cache
def css() -> str:
    """The style sheet of every page, as a tag."""
    sheet = resources.files("pqr_dashboard.view").joinpath("style.css").read_text(encoding="utf-8")
    variables = "".join(f"--pqr-{name}:{value};" for name, value in COLOURS.items())
    return f"<style>:root{{{variables}}}{sheet}</style>"
