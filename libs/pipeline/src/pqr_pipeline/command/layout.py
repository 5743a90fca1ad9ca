"""Tables that fit: texts give way to the width of a terminal, numbers and days never do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

__all__ = ["fitted"]

NUMBER = re.compile(r"-?\d[\d,.]*( (%|\w{1,3}))?")  # perhaps with its unit
DAY_OR_NUMBER = re.compile(r"-?\d[\d,.:-]*")
NOTHING = ("", "no data")
BORDER, BORDERS = 3, 1  # beside each column, and once
TEXT_LEAST = 9


def fitted(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, width: int) -> Table:
    """A table no wider than `width`; where even short texts find no room, each row is a list of its own."""
    cells = [[column[number] for column in (columns, *rows)] for number in range(len(columns))]
    natural = [max(map(cell_len, column)) for column in cells]
    least = [min(most, _least(column)) for most, column in zip(natural, cells, strict=True)]
    room = width - BORDER * len(columns) - BORDERS
    if sum(least) > room:
        return _listed(title, columns, rows)
    widths = list(natural)
    while sum(widths) > room:  # the widest gives way first
        widths[max((w, n) for n, w in enumerate(widths) if w > least[n])[1]] -= 1
    table = Table(title=escape(title), title_justify="left", header_style="bold")
    for column, width_ in zip(cells, widths, strict=True):
        is_number = _is_number(column[1:])
        table.add_column(escape(column[0]), justify="right" if is_number else "left", overflow="fold", width=width_)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _listed(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=escape(title), title_justify="left", box=None, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        for name, cell in zip(columns, row, strict=True):
            if cell:
                table.add_row(escape(name), escape(cell))
        table.add_row("", "")
    return table


def _is_number(cells: Sequence[str]) -> bool:
    return any(map(NUMBER.fullmatch, cells)) and all(NUMBER.fullmatch(cell) or cell in NOTHING for cell in cells)


def _least(column: Sequence[str]) -> int:
    """What a column cannot do without: of its head and of texts a word's worth, of numbers and days all."""
    head, *cells = column
    if _is_number(cells):
        return max(map(cell_len, (*head.split(" "), *cells)))
    words = [word for cell in cells for word in cell.split(" ") if DAY_OR_NUMBER.fullmatch(word.strip("(.,:;)"))]
    return max(TEXT_LEAST, *map(cell_len, (*head.split(" "), *words)))
