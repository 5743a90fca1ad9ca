"""What each column says it counts is what it counts: each is counted again from the tickets that its definition names."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from pqr_common import query, sql_of
from pqr_common.errors import InvalidSettings
from pqr_gold.explained import FIGURES
from pqr_gold.marts import MARTS
from pqr_gold.transform import calendar_of

FIRST, LAST, OPENS_ON = date(2026, 1, 12), date(2026, 3, 6), date(2025, 12, 1)
RUN = {"window": (FIRST, LAST), "opens_on": OPENS_ON}
COLUMNS = [(name, column) for name, mart in MARTS.items() for column in mart.contract.schema.names]
COUNTED = [(name, column) for name, column in COLUMNS if not MARTS[name].definitions[column].is_name]
TYPES = ("PET_GEN", "PET_INF", "PET_DOC", "QUEJA", "FELICITACION", "SALUD_V")


@pytest.fixture(scope="module")
def tickets(new_ticket, table_of):
    """One every seven hours from before the window on, of every fate, some of them late and some never answered."""
    rows = []
    for number in range(260):
        opened = datetime.fromisoformat("2025-12-01T08:00") + timedelta(hours=7 * number)
        closed = opened + timedelta(days=(number * 5) % 37, hours=3)
        is_closed = number % 4 > 0 and closed.date() <= LAST and TYPES[number % 6] != "FELICITACION"
        rows.append(
            new_ticket(
                opened.isoformat(),
                pqrs_type=TYPES[number % 6],
                closed=closed.isoformat() if is_closed else None,
                is_transferred=is_closed and number % 11 == 0,
                is_archived=is_closed and number % 13 == 0,
                is_access_denied=number % 17 == 0,
                is_extended=number % 5 == 0,
                count_insistences=number % 3,
                department=("Huila", "Meta", None)[number % 3],
                topic=("RUIDO", None)[number % 2],
            )
        )
    for row in rows:
        row["business_days"] = None if row["business_days"] is None else max(row["business_days"], 0)
    names = pa.array([f"ticket-{number:03d}" for number in range(len(rows))])
    return table_of(rows).append_column("ticket_id", names).append_column("radicado", names)


@pytest.fixture(scope="module")
def marts(tickets, marts_of):
    return marts_of(tickets, FIRST, LAST, opens_on=OPENS_ON)


@pytest.fixture(scope="module")
def standing(tickets):
    return FIGURES.standing(tickets, RUN["window"])


def counted_again(cell, standing):
    """The value, and the tickets it is made of."""
    rows = FIGURES.counted(cell, standing)
    alike = [name for name in rows.column_names if name not in FIGURES.identity]
    columns = ", ".join([*alike, "count(*) as tickets"])
    return FIGURES.value(cell, query(f"select {columns} from rows group by all", rows=rows)), rows


@pytest.mark.parametrize("mart", MARTS)
def test_every_column_of_every_mart_is_defined(mart):
    """With a sentence; what names a row counts nothing, and a row is named by what is unique in it."""
    found = MARTS[mart].definitions
    assert set(found) == set(MARTS[mart].contract.schema.names)
    assert set(MARTS[mart].contract.key) <= {name for name, each in found.items() if each.is_name}
    assert all(each.says.endswith(".") for each in found.values())
    assert all(each.is_name or each.dice.endswith(".") for each in found.values())


@pytest.mark.parametrize(("mart", "column"), COUNTED)
def test_a_cell_is_what_its_tickets_give(mart, column, marts, standing):
    """A dozen rows of each mart, among them the largest; tests/integration walks every cell of a run."""
    rows = sorted(marts[mart].to_pylist(), key=lambda row: str(row[column]), reverse=True)
    for row in [*rows[:4], *rows[:: len(rows) // 8 + 1]]:
        cell = FIGURES.cell(mart, column, row, **RUN)
        assert counted_again(cell, standing)[0] == row[column], cell.names


@pytest.mark.parametrize(("mart", "column"), COUNTED)
def test_a_ticket_is_counted_in_the_cells_that_list_it(mart, column, marts, standing):
    """Asked from the ticket, the same cells answer as when each is asked for its tickets."""
    one = standing.slice(77, 1)
    rows = marts[mart].slice(0, 60)
    cells = [FIGURES.cell(mart, column, row, **RUN) for row in rows.to_pylist()]
    found = FIGURES.counting(cells[0], one, rows).to_pylist()
    listing = [cell.names for cell in cells if FIGURES.counted(cell, one).num_rows]
    assert sorted(found, key=str) == sorted(listing, key=str)


@pytest.mark.parametrize(("mart", "column"), COUNTED)
def test_a_definition_reads_as_one_statement(mart, column, marts, standing):
    """What is shown is what is counted: asked as it stands, with what names the row, it gives the value."""
    row = max(marts[mart].to_pylist(), key=lambda row: str(row[column]))
    cell = FIGURES.cell(mart, column, row, **RUN)
    text = sql_of("pqr_gold", "sql/macros.sql") + cell.definition.sql
    given = {name: value for name, value in cell.given.items() if re.search(rf"\${name}\b", text)}
    found = query(text, given, standing=standing, calendar=calendar_of(FIRST, LAST)).column(0).to_pylist()
    assert found == [row[column]]


def test_an_undefined_column_is_said_to_be_one():
    """The sentence names it and says where a definition goes."""
    with pytest.raises(InvalidSettings, match=r"kpi_sla\.happiness.*TOML"):
        FIGURES.definition("kpi_sla", "happiness")
