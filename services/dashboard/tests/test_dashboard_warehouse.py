"""The door to Postgres: what comes through it, and what must not."""

from __future__ import annotations

import inspect
import re
from importlib import resources

import pandas as pd
import psycopg
import pytest

from pqr_common.errors import WarehouseUnavailable
from pqr_common.stage.discovery import stage_named
from pqr_dashboard.pages import resumen, terminos, territorio
from pqr_dashboard.warehouse import NotPublished
from pqrs import calendar

QUERIES = sorted(
    file.name.removesuffix(".sql") for file in resources.files("pqr_dashboard").joinpath("sql").iterdir()
    if file.name.endswith(".sql")
)  # fmt: skip


def test_columns_come_in_types_that_pages_can_draw(reading, loaded):
    """Days without a zone, numbers as numbers; a run's parameters as a mapping."""
    door = reading(loaded)
    daily = door.mart("kpi_daily", "dos-meses")
    assert daily["day"].dtype.kind == "M"
    assert daily["day"].dt.tz is None
    assert door.mart("kpi_executive", "dos-meses")["breach_rate"].dtype == float
    assert door.read("runs").iloc[0]["parameters"]["scenario"]["name"] == "alcaldia"


def test_parameters_are_text_and_never_sql(reading, loaded):
    """A run id that is an attack is a run id nobody has."""
    assert reading(loaded).mart("kpi_daily", "'; drop table archive.kpi_daily; --").empty
    assert len(reading(loaded).mart("kpi_daily", "dos-meses"))


@pytest.mark.parametrize("statement", ["delete from archive.kpi_daily", "create table core.x ()", "reset role"])
def test_nothing_can_be_written_whoever_the_dsn_is(reading, loaded, statement):
    """Even a superuser's connection has stepped down and is read-only."""
    with reading(loaded)._pool.connection() as opened:
        if statement != "reset role":
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                opened.execute(statement)
        else:
            assert opened.execute("select current_user").fetchone() == ("pqr_dashboard",)
            assert opened.execute("show transaction_read_only").fetchone() == ("on",)
            assert opened.execute("show statement_timeout").fetchone() == ("15s",)
            assert opened.execute("show timezone").fetchone() == (calendar.TIMEZONE,)
        opened.rollback()


def test_a_server_that_is_away_is_one_error(reading, nobody):
    """In seconds, retryable, with what to do."""
    with pytest.raises(WarehouseUnavailable, match="PQR_DASHBOARD_DSN"):
        reading(nobody).read("runs")


def test_a_database_without_tables_is_told_apart(reading, bare):
    """Nothing was ever loaded: that is no outage."""
    with pytest.raises(NotPublished, match="pqr run"):
        reading(bare).read("runs")


def test_a_pool_recovers_when_the_server_is_back(reading, loaded):
    """Connections that died are replaced, not handed out."""
    door = reading(loaded)
    door.read("runs")
    with psycopg.connect(loaded, autocommit=True) as opened:
        opened.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pqr-dashboard'"
        )
    assert len(door.read("runs")) == 1


@pytest.mark.parametrize("name", ["kpi_daily; drop table x", "kpi_Daily", 'kpi"', "", "../x"])
def test_a_mart_has_the_name_of_a_table(reading, nobody, name):
    """Anything else is a mistake of a page, told before Postgres is asked."""
    with pytest.raises(ValueError, match="lower case"):
        reading(nobody).mart(name, "dos-meses")


def test_a_mart_has_the_columns_of_its_contract(reading, loaded):
    """Whatever gold shows comes through, with the run's id, or the part of the table; no list of columns lies here."""
    door = reading(loaded)
    contracts = {c.dataset: c for c in stage_named("gold").produces if c.warehouse}
    assert {c.warehouse for c in contracts.values()} == {"core", "gold"}
    found = {name: list(door.mart(name, "dos-meses").columns) for name in contracts}
    assert found == {
        name: ["run_id", *c.schema.names] if c.warehouse == "gold" else [*c.schema.names, "part"]
        for name, c in contracts.items()
    }


def test_executive_pages_read_marts_and_never_tickets():
    """So that they cost the same at a thousand and at a million tickets."""
    for module in (resumen, terminos, territorio):
        queries = re.findall(r"""\.read\(\s*["'](\w+)""", inspect.getsource(module))
        assert queries == ["types"], module.__name__


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_says_its_grain(name):
    """The header tells what a row is."""
    text = resources.files("pqr_dashboard").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    assert text.startswith("-- ")
    assert "Grain:" in text.split("select", 1)[0]


def test_the_marts_of_all_types_are_the_headline(reading, loaded):
    """One definition: departments summed are the row of kpi_executive."""
    door = reading(loaded)
    territory = door.mart("kpi_territory", "dos-meses")
    headline = door.mart("kpi_executive", "dos-meses").iloc[0]
    for name in ("received", "answered", "open", "overdue", "due", "breached"):
        assert territory[name].sum() == headline[name], name
    assert isinstance(territory, pd.DataFrame)
