"""A cell of a mart, counted again from the tickets that its definition names. The face of gold to the pipeline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from pqr_common import query, sql_of
from pqr_common.errors import InvalidSettings
from pqr_gold.marts import MARTS
from pqr_gold.schema import TICKETS
from pqr_gold.transform import calendar_of, facts_of
from pqrs.figures import Definition

__all__ = ["FIGURES", "Cell", "Figures"]

IDENTITY = ("ticket_id", "radicado", "opened_at")
CELL = "cell_"  # before the names of a row, where tickets have columns of these names too
PARAMETER = re.compile(r"\$(\w+)")
MACROS = sql_of("pqr_gold", "sql/macros.sql")


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a row of a mart, by the values that name the row; the window and its inbox are those of the run."""

    mart: str
    column: str
    names: Mapping[str, Any]
    window: tuple[date, date]
    opens_on: date

    @property
    def definition(self) -> Definition:
        return FIGURES.definition(self.mart, self.column)

    @property
    def given(self) -> dict[str, Any]:
        """What stands for the `$` of a definition."""
        window_from, window_to = self.window
        return {**self.names, "window_from": window_from, "window_to": window_to, "opens_on": self.opens_on}


class Figures:
    """What the pipeline may ask of gold: definitions, the tickets of a cell, and its value of those alone."""

    identity = IDENTITY
    reads = (*IDENTITY, *(name for name in TICKETS.schema.names if name not in IDENTITY))

    def definitions(self, mart: str) -> Mapping[str, Definition]:
        """By column; empty for a mart that defines none."""
        return MARTS[mart].definitions if mart in MARTS else {}

    def definition(self, mart: str, column: str) -> Definition:
        """Raises InvalidSettings where there is none."""
        found = self.definitions(mart).get(column)
        if found is None:
            raise InvalidSettings(
                f"A figure must have a definition to be explained, found none of {mart}.{column} here: write one into "
                f"the mart's TOML, or install the code that the run was made with."
            )
        return found

    def cell(self, mart: str, column: str, row: Mapping[str, Any], **run: Any) -> Cell:
        """The cell of a row; of that only the names go on, so nothing that is to be counted again is known."""
        names = {name: row[name] for name, each in self.definitions(mart).items() if each.is_name}
        return Cell(mart, column, names, **run)

    def standing(self, tickets: pa.Table, window: tuple[date, date]) -> pa.Table:
        """One row per ticket (columns: `reads`), and how it stands at the end of the window (sql/standing.sql)."""
        facts = facts_of(tickets, window[0], identity=IDENTITY)
        text = MACROS + sql_of("pqr_gold", "sql/standing.sql")
        return query(text, {"window_to": window[1]}, facts=facts, calendar=calendar_of(*window))

    def counted(self, cell: Cell, standing: pa.Table) -> pa.Table:
        """Of these tickets those that the cell counts: `identity`, and what its value is made of."""
        computed = cell.definition.computed
        needed = [name for name in standing.column_names if re.search(rf"(?<![$\w]){name}\b", computed)]
        shown = dict.fromkeys([*IDENTITY, *needed])
        return _asked(cell.definition.of_tickets(", ".join(shown)), cell, standing=standing)

    def value(self, cell: Cell, counted: pa.Table) -> Any:
        """What the cell says, made of the tickets it counts alone: `tickets` of each kind that is alike."""
        if cell.definition.is_name:
            return cell.names[cell.column]
        macros = "" if cell.definition.is_count else MACROS
        found = _asked(macros + cell.definition.of_counted(), cell, counted=counted).column(0)
        kind = MARTS[cell.mart].contract.schema.field(cell.column).type
        return found.cast(kind)[0].as_py() if len(found) else None

    def counting(self, cell: Cell, standing: pa.Table, rows: pa.Table) -> pa.Table:
        """The rows of the mart, by their names, in which this column counts any of these tickets."""
        cells = rows.select(list(cell.names)).rename_columns([f"{CELL}{name}" for name in cell.names])
        named = ", ".join(f'{CELL}{name} as "{name}"' for name in cell.names)
        text = cell.definition.of_tickets(f"distinct {named}", source="standing cross join cells")
        text = PARAMETER.sub(lambda found: f"{CELL}{found[1]}" if found[1] in cell.names else found[0], text)
        return _asked(text, cell, standing=standing, cells=cells)


def _asked(text: str, cell: Cell, **relations: pa.Table) -> pa.Table:
    """DuckDB takes no parameter that the text does not ask for."""
    asked = set(PARAMETER.findall(text))
    given = {name: value for name, value in cell.given.items() if name in asked}
    return query(text, given, calendar=calendar_of(*cell.window), **relations)


FIGURES = Figures()
