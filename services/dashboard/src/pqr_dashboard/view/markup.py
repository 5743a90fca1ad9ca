"""Cards, tables and messages as HTML. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from pqr_dashboard.figures import wording
from pqr_dashboard.figures.cards import Card
from pqr_dashboard.figures.judging import is_few

__all__ = ["Column", "cards_html", "chips_html", "link_html", "section_html", "state_html", "table_html"]

Format = Callable[[Any], str]
COLUMNS_SEEN = 4  # on a telephone
HINT = '<p class="pqr-hint">Deslice la tabla hacia un lado para ver todas las columnas.</p>'
ARROWS = {-1: "▼", 0: "■", 1: "▲"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what it is called for people, and how its cells read.

    `of` is the column with the cases that a rate or mean is of: over few, it is greyed. `opens` is the one with the
    address of what a cell counts.
    """

    name: str
    label: str
    format: Format | None = None
    of: str | None = None
    opens: str = ""

    @property
    def is_number(self) -> bool:
        return self.format not in (None, wording.day, wording.month)


def cards_html(shown: Sequence[Card]) -> str:
    return f'<dl class="pqr-cards">{"".join(_card(card) for card in shown)}</dl>'


def section_html(heading: str, note: str) -> str:
    lead = f"<p>{escape(note)}</p>" if note else ""
    return f'<div class="pqr-section"><h2>{escape(heading)}</h2>{lead}</div>'


def chips_html(texts: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="pqr-chips" aria-label="Filtros de la cifra">{items}</ul>'


def link_html(text: str, address: str) -> str:
    return f'<p class="pqr-way"><a class="pqr-open" href="{escape(address)}">{escape(text)}</a></p>'


def state_html(kind: str, heading: str, text: str, *, role: str) -> str:
    """An empty or broken page's one message; [[command]] in the text is set as code."""
    words = escape(text).replace("[[", "<code>").replace("]]", "</code>")
    return f'<div class="pqr-state {kind}" role="{role}"><h2>{escape(heading)}</h2><p>{words}</p></div>'


def table_html(frame: pd.DataFrame, columns: Sequence[Column], *, caption: str, total: Sequence[str] | None) -> str:
    """A table that can be read aloud and scrolled with the keyboard; `total` is its last row, as text.

    Rows whose `is_marked` holds, if the frame has it, stand out.
    """
    kinds = ["pqr-number" if column.is_number else "" for column in columns]
    head = "".join(
        f'<th scope="col"{_class(kind)}>{escape(column.label)}</th>'
        for column, kind in zip(columns, kinds, strict=True)
    )
    texts = [_cells(frame, column) for column in columns]
    classes = [_kinds(frame, column, kind) for column, kind in zip(columns, kinds, strict=True)]
    marks = ["pqr-marked" if marked else "" for marked in frame.get("is_marked", [False] * len(frame))]
    body = "".join(
        f"<tr{_class(mark)}>{_row(row, kinds_of_row)}</tr>"
        for mark, row, kinds_of_row in zip(marks, zip(*texts, strict=True), zip(*classes, strict=True), strict=True)
    )
    foot = f"<tfoot><tr>{_row([escape(text) for text in total], kinds)}</tr></tfoot>" if total else ""
    return (
        f'{HINT if len(columns) > COLUMNS_SEEN else ""}<div class="pqr-table" tabindex="0" role="region" '
        f'aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )


def _card(card: Card) -> str:
    moved = ""
    if card.change is not None:
        tone = {1: "pqr-good", -1: "pqr-bad"}.get(card.change.direction * card.better * card.change.is_sure, "")
        arrow = ARROWS[card.change.direction]
        moved = f'<span class="{tone}"><span aria-hidden="true">{arrow}</span> {escape(card.change.text)}</span> '
    value = _link(escape(card.value), card.open) if card.open else escape(card.value)
    return (
        f'<div class="pqr-card"><dt>{escape(card.label)}</dt><dd class="pqr-value">{value}</dd>'
        f'<dd class="pqr-note">{moved}{escape(card.note)}</dd></div>'
    )


def _row(texts: Sequence[str], kinds: Sequence[str]) -> str:
    """Of what cells hold, as HTML."""
    return "".join(f"<td{_class(kind)}>{text}</td>" for text, kind in zip(texts, kinds, strict=True))


def _cells(frame: pd.DataFrame, column: Column) -> list[str]:
    """What the cells of a column hold, as HTML; what counts nothing opens nothing."""
    texts = [escape(_text(value, column.format)) for value in frame[column.name]]
    if column.opens not in frame.columns:
        return texts
    found = zip(texts, frame[column.name], frame[column.opens], strict=True)
    return [
        text if not value or wording.is_missing(value) or not address else _link(text, address)
        for text, value, address in found
    ]


def _link(inside: str, address: str) -> str:
    return f'<a class="pqr-open" href="{escape(address)}">{inside}</a>'


def _kinds(frame: pd.DataFrame, column: Column, kind: str) -> list[str]:
    """The classes of the cells of a column."""
    if column.of is None:
        return [kind] * len(frame)
    return [f"{kind} pqr-few" if is_few(cases) else kind for cases in frame[column.of]]


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _text(value: Any, formatted: Format | None) -> str:
    if formatted is not None:
        return formatted(value)
    return wording.NOTHING if wording.is_missing(value) else str(value)
