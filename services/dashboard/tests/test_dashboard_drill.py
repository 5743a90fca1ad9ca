"""A figure opens the tickets that it counts: as many as it says, for cells of every column of every mart."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pqr_dashboard.figures import counted
from pqr_dashboard.figures.counted import FIGURE, Counted
from pqr_dashboard.figures.tickets import Filters
from pqr_dashboard.journey import cells
from pqrs import figures
from pqrs.terms import THREAD_DAYS

WINDOW = date(2026, 1, 1), date(2026, 2, 28)
# What a page never opens: cohorts feed the simulator, and a peak is a day of kpi_daily.
SHOWN = tuple(cells.MARTS)
COUNTS = [(mart, column) for mart in SHOWN for column, told in figures.of_mart(mart).items() if told.is_count]
CELLS = 25  # of each column, evenly spread


def address(told):
    """A query string as Streamlit gives it to a page."""
    from urllib.parse import parse_qs

    return parse_qs(told)


@pytest.fixture(scope="module")
def total(loaded, module_reading):
    """How many tickets an address opens."""

    def of(told):
        found = Counted.of(address(told))
        given = {"window_from": WINDOW[0], "window_to": WINDOW[1], "thread_days": THREAD_DAYS}
        asked = Filters().parameters() | given | found.parameters(WINDOW)
        return int(module_reading.tickets("tickets_total", found.condition, **asked)["tickets"].iloc[0])

    return of


@pytest.fixture(scope="module")
def module_reading(loaded):
    from pqr_dashboard.warehouse import Warehouse

    door = Warehouse(loaded)
    yield door
    door.close()


@pytest.fixture(scope="module")
def marts(module_reading):
    run = module_reading.read("runs")["run_id"].iloc[0]
    return {mart: module_reading.mart(mart, run) for mart in SHOWN}


@pytest.mark.integration
@pytest.mark.parametrize(("mart", "column"), COUNTS)
def test_a_cell_opens_as_many_tickets_as_it_says(mart, column, marts, total):
    """By the names of its row; cells that count something, and one that counts nothing."""
    rows = marts[mart]
    some = rows[rows[column] > 0]
    picked = pd.concat([some.iloc[:: max(len(some) // CELLS, 1)], rows[rows[column] == 0].head(1)])
    names = [name for name, told in figures.of_mart(mart).items() if told.is_name]
    found = counted.opens(f"{mart}.{column}", picked, {name: name for name in names})
    assert [total(each) for each in found] == picked[column].tolist()


@pytest.mark.integration
@pytest.mark.parametrize(("mart", "column"), [("kpi_daily", "received"), ("kpi_sla", "breached"), ("kpi_topic", "due")])
def test_cells_together_open_their_sum(mart, column, marts, total):
    """Without a type, all types; with a span of days, all of them."""
    rows, first = marts[mart], marts[mart].iloc[0]
    name = {"kpi_daily": "day", "kpi_sla": "month", "kpi_topic": "topic"}[mart]
    (told,) = counted.opens(f"{mart}.{column}", rows.head(1), {name: name})
    assert total(told) == rows.loc[rows[name] == first[name], column].sum()
    if name == "day":
        january = counted.span(date(2026, 1, 1), date(2026, 1, 31))
        (told,) = counted.opens(f"{mart}.{column}", rows.head(1), {}, day=january, pqrs_type="QUEJA")
        is_it = (rows["day"] <= pd.Timestamp(2026, 1, 31)) & (rows["pqrs_type"] == "QUEJA")
        assert total(told) == rows.loc[is_it, column].sum() > 0


@pytest.mark.integration
def test_what_was_closed_in_term_is_all_but_the_late(marts, total):
    """A piece of a bar is a column less another."""
    rows = marts["kpi_response_time"]
    row = rows[(rows["late"] > 0) & (rows["tickets"] > rows["late"])].head(1)
    names = {name: name for name in ("pqrs_type", "business_days")}
    (told,) = counted.opens("kpi_response_time.tickets", row, names, but="late")
    assert total(told) == int(row["tickets"].iloc[0] - row["late"].iloc[0])
    assert Counted.of(address(told)).said({})[-1].startswith("Sin: ")


@pytest.mark.integration
@pytest.mark.parametrize("mart", SHOWN)
def test_the_cells_that_count_a_ticket_are_those_whose_list_has_it(mart, module_reading, loaded):
    """For tickets of each fate, column by column: found by the ticket, and by the cell."""
    run = module_reading.read("runs")["run_id"].iloc[0]
    given = {"window_from": WINDOW[0], "window_to": WINDOW[1], "thread_days": THREAD_DAYS}
    of_run = {f"of_{name}": day for name, day in zip(("window_from", "window_to"), WINDOW, strict=True)}
    everybody = module_reading.tickets("tickets_all", "", **Filters().parameters())
    some = everybody.drop_duplicates(["status", "pqrs_type"])["ticket_id"].tolist()
    columns = 0
    for ticket in some[::3]:
        found = module_reading.cells(mart, run_id=run, ticket_id=ticket, **given, **of_run)
        for row in cells.told(mart, found).to_dict("records"):
            columns += 1
            column = row["figure"].partition(".")[2]
            names = [name for name in found.columns if name.startswith("cell_")]
            (told,) = counted.opens(
                row["figure"],
                found[found[column].astype(bool)].head(1),
                {name.removeprefix("cell_"): name for name in names},
            )
            asked = Counted.of(address(told))
            listed = module_reading.tickets(
                "tickets_all", asked.condition, **Filters().parameters(), **given, **asked.parameters(WINDOW)
            )
            assert ticket in set(listed["ticket_id"]), (row, ticket)
    assert columns > 0


@pytest.mark.parametrize(
    "told",
    [
        "cifra=x", "cifra=core.tickets", "cifra=kpi_daily.day", "cifra=kpi_daily.received", "cifra=..%2Fkpi.received",
        "cifra=kpi_daily.received&day=never", "cifra=kpi_sla.due&month=2026-13-01", "cifra=kpi_sla.due",
        "cifra=kpi_backlog_age.tickets&is_overdue=perhaps&days_from=1", "cifra=kpi_sla.due&month=2026-01-01&menos=month",
    ],
)  # fmt: skip
def test_what_nobody_counts_is_no_figure(told):
    """A name, a table, a day that is none, or a row that is not said."""
    with pytest.raises(ValueError, match=r"found|Invalid|month must be"):
        Counted.of(address(told))


def test_an_address_without_a_figure_asks_for_none():
    assert Counted.of(address("tickets-code=2026")) is None
    assert FIGURE == "cifra"


def test_no_value_is_ever_part_of_the_query():
    """Whatever a name is given, it is a parameter."""
    text = "'; drop table core.tickets; --"
    found = Counted.of({FIGURE: ["kpi_territory.received"], "department": [text]})
    assert text not in found.condition
    assert found.parameters(WINDOW)["of_department"] == [text]
    assert "$" not in found.condition


def test_a_link_that_names_no_figure_says_so(visit, loaded):
    """And shows no list that somebody might take for that of a figure."""
    visitor = visit("solicitudes", loaded, cifra="kpi_daily.day")
    assert not visitor.exception
    assert any("no lleva a ninguna cifra conocida" in each.body for each in visitor.main.get("html"))
