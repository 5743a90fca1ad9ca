"""The few things every page is made of: title, section, cards, chart, table with its CSV, empty and error state."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from pqr_dashboard import figures
from pqr_dashboard.figures import Change

__all__ = ["Card", "Column", "as_csv", "cards", "chart", "csv_button", "empty", "section", "table", "title", "trouble"]

Format = Callable[[Any], str]
Chart = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart
ARROWS = {-1: "▼", 0: "■", 1: "▲"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what follows
ROWS_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure. `better` is the direction that is good news: 1 up, -1 down, 0 neither."""

    label: str
    value: str
    change: Change | None = None
    note: str = ""
    better: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what it is called for people, and how its cells read."""

    name: str
    label: str
    format: Format | None = None

    @property
    def is_number(self) -> bool:
        return self.format not in (None, figures.day, figures.month)


def title(text: str, lead: str = "") -> None:
    """The one heading of a page."""
    st.title(text, anchor=False)
    if lead:
        st.html(f'<p class="pqr-lead">{escape(lead)}</p>')


def section(heading: str, note: str = "") -> None:
    lead = f"<p>{escape(note)}</p>" if note else ""
    st.html(f'<div class="pqr-section"><h2>{escape(heading)}</h2>{lead}</div>')


def cards(shown: Sequence[Card]) -> None:
    """Headline figures side by side; two to a row on a telephone."""
    st.html(f'<dl class="pqr-cards">{"".join(_card(card) for card in shown)}</dl>')


def chart(drawn: Chart, description: str) -> None:
    """A chart as wide as its place; `description` says in words what a screen reader cannot see."""
    st.altair_chart(drawn, theme=None, width="stretch", alt=description)


def table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    file: str,
    caption: str = "",
    total: Sequence[str] | None = None,
) -> None:
    """A table that is read, printed and heard like any other, with its CSV below; `total` is a last row as text."""
    st.html(_table(frame.head(ROWS_SHOWN), columns, caption or file, total))
    if len(frame) > ROWS_SHOWN:
        st.caption(f"Se muestran {ROWS_SHOWN} de {figures.count(len(frame))} filas; el CSV las trae todas.")
    csv_button(frame[[column.name for column in columns]], file, {column.name: column.label for column in columns})


def csv_button(frame: pd.DataFrame, file: str, labels: dict[str, str] | None = None) -> None:
    """A button that saves the rows as <file>.csv."""
    st.download_button(
        "Descargar CSV",
        data=lambda: as_csv(frame, labels),
        file_name=f"{file}.csv",
        mime="text/csv",
        key=f"csv-{file}",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        help=f"Guarda {file}.csv: separado por punto y coma, con coma decimal, para abrir en Excel.",
    )


def as_csv(frame: pd.DataFrame, labels: dict[str, str] | None = None) -> bytes:
    """Rows as the Excel of Colombia opens them with two clicks: UTF-8 with its mark, semicolons, decimal commas.

    Where a comma is the decimal mark, Excel's list separator is the semicolon; commas would put a row in one cell.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([(labels or {}).get(str(name), str(name)) for name in frame.columns])
    writer.writerows([_cell(value) for value in row] for row in frame.itertuples(index=False, name=None))
    return text.getvalue().encode("utf-8-sig")


def empty(heading: str, what_to_do: str) -> None:
    """There is nothing to show, and that is no fault."""
    _state("pqr-empty", heading, what_to_do, "status")


def trouble(heading: str, what_to_do: str) -> None:
    """Something does not answer."""
    _state("pqr-trouble", heading, what_to_do, "alert")


def _state(kind: str, heading: str, text: str, role: str) -> None:
    words = escape(text).replace("[[", "<code>").replace("]]", "</code>")
    st.html(f'<div class="pqr-state {kind}" role="{role}"><h2>{escape(heading)}</h2><p>{words}</p></div>')


def _card(card: Card) -> str:
    moved = ""
    if card.change is not None:
        tone = {1: "pqr-good", -1: "pqr-bad"}.get(card.change.direction * card.better, "")
        arrow = ARROWS[card.change.direction]
        moved = f'<span class="{tone}"><span aria-hidden="true">{arrow}</span> {escape(card.change.text)}</span> '
    return (
        f'<div class="pqr-card"><dt>{escape(card.label)}</dt><dd class="pqr-value">{escape(card.value)}</dd>'
        f'<dd class="pqr-note">{moved}{escape(card.note)}</dd></div>'
    )


def _table(frame: pd.DataFrame, columns: Sequence[Column], caption: str, total: Sequence[str] | None) -> str:
    kinds = ['class="pqr-number"' if column.is_number else "" for column in columns]
    head = "".join(f'<th scope="col" {kind}>{escape(c.label)}</th>' for c, kind in zip(columns, kinds, strict=True))
    texts = [[_text(value, c.format) for value in frame[c.name]] for c in columns]
    body = "".join(f"<tr>{_row(row, kinds)}</tr>" for row in zip(*texts, strict=True))
    foot = f"<tfoot><tr>{_row(total, kinds)}</tr></tfoot>" if total else ""
    return (
        f'<div class="pqr-table" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )


def _row(texts: Sequence[str], kinds: Sequence[str]) -> str:
    return "".join(f"<td {kind}>{escape(text)}</td>" for text, kind in zip(texts, kinds, strict=True))


def _text(value: Any, formatted: Format | None) -> str:
    if formatted is not None:
        return formatted(value)
    return figures.NOTHING if figures.is_missing(value) else str(value)


def _cell(value: Any) -> Any:
    if figures.is_missing(value):
        return ""
    if isinstance(value, float):
        return f"{value:.10g}".replace(".", ",")
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value.tz is None else value.isoformat(sep=" ", timespec="seconds")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text
