"""The cells of marts that count a ticket: what Postgres is asked, and how the rows are told in a few words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd

from pqr_dashboard.figures.counted import GIVEN, named, opens
from pqrs import figures

__all__ = ["MARTS", "counting", "told"]

# Those that pages show, by what they are of. Cohorts feed the simulator; a peak is a day like others.
MARTS = {
    "kpi_executive": "Todo el periodo", "kpi_daily": "Cada día", "kpi_sla": "Mes en que vencía",
    "kpi_response_time": "Días hasta la respuesta", "kpi_backlog_age": "Antigüedad de lo pendiente",
    "kpi_arrivals": "Hora de llegada", "kpi_territory": "Departamento", "kpi_topic": "Tema",
    "report_access_to_information": "Acceso a la información",
}  # fmt: skip
OF_THE_RUN = ("window_from", "window_to", "opens_on")
CELL = "cell_"  # before the names of a row, where tickets have columns of these names too


@cache
def counting(mart: str) -> str:
    """Over `standing` (sql/standing.sql): the rows of a mart that count a ticket, by their names, and their columns."""
    known = figures.of_mart(mart)
    names = [name for name, told in known.items() if told.is_name and name not in OF_THE_RUN]
    conditions = {column: _of_cell(told.condition, names) for column, told in known.items() if told.is_count}
    cells = ", ".join(["1 as one", *(f"{name} as {CELL}{name}" for name in names)])
    shown = ", ".join(
        [*(f"{CELL}{name}" for name in names), *(f"({text}) as {name}" for name, text in conditions.items())]
    )
    return (
        f"cells as (select distinct {cells} from archive.{mart} where run_id = %(run_id)s)\n"
        f"select {shown}\nfrom standing cross join cells\n"
        f"where ticket_id = %(ticket_id)s and ({' or '.join(f'({text})' for text in conditions.values())})"
    )


def told(mart: str, found: pd.DataFrame) -> pd.DataFrame:
    """One row per column that counts the ticket: figure, and the rows in which it does; many are told by their ends.

    `query` is the address of all that the cell counts, where there is one cell.
    """
    names = [name for name in found.columns if name.startswith(CELL)]
    rows = []
    for column in (name for name in found.columns if name not in names):
        mine = found.loc[found[column].fillna(False).astype(bool), names]
        mine = mine.sort_values(names) if names else mine
        if len(mine):
            ends = [_row(mine.iloc[place].to_dict()) for place in (0, -1)]
            said = ends[0] if len(mine) == 1 else f"{len(mine)} filas, de {ends[0]} a {ends[1]}"
            alone = mine.rename(columns=lambda name: str(name).removeprefix(CELL))
            query = (
                opens(f"{mart}.{column}", alone, {name: name for name in alone.columns})[0] if len(mine) == 1 else ""
            )
            rows.append((MARTS[mart], figures.of_mart(mart)[column].dice, said, f"{mart}.{column}", query))
    return pd.DataFrame(rows, columns=["mart", "says", "rows", "figure", "query"])


def _row(names: Mapping[Any, Any]) -> str:
    said = named({name.removeprefix(CELL): (value,) for name, value in names.items() if not pd.isna(value)})
    return " · ".join(said)


def _of_cell(condition: str, names: list[str]) -> str:
    def placed(name: str) -> str:
        return f"{CELL}{name}" if name in names else f"%(of_{name})s"

    return GIVEN.sub(lambda found: placed(found[1]), condition.replace("%", "%%"))
