"""The simulator on whole runs, read as the dashboard reads them: unchanged inputs give back the run's figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from pqr_common.stage.discovery import warehouse
from pqr_dashboard.simulator.model import COUNTS, Variation, simulated
from pqr_dashboard.warehouse import Warehouse
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

pytestmark = pytest.mark.integration

HEADLINE = (
    "received", "answered", "archived", "transferred", "no_term", "open", "due", "in_term", "late", "overdue", "breached",
)  # fmt: skip


def _runs(january):
    yield "january", january
    yield "calm", replace(january, scenario=load_scenario("sin_picos"), seed=7)
    yield "emergency", Parameters.create(
        opens_on=date(2020, 3, 2), window_from=date(2020, 3, 2), window_to=date(2020, 5, 15), tickets_per_business_day=40
    )  # fmt: skip
    yield "continued", Parameters.create(
        window_from=date(2026, 2, 1), window_to=date(2026, 3, 20), tickets_per_business_day=60, breach_rate="0.12"
    )  # fmt: skip


@pytest.fixture(scope="module")
def apart(platform, tmp_path_factory):
    """The platform with a lake and a database of its own, so that others go on seeing the run they see."""
    dsn = make_conninfo(platform.dsn, dbname="simulated")
    with psycopg.connect(platform.dsn, autocommit=True) as connection:
        connection.execute("create database simulated")
    warehouse().migrate(dsn)
    return platform.in_lake(tmp_path_factory.mktemp("simulated").as_uri(), postgres_dsn=SecretStr(dsn))


@pytest.mark.parametrize("number", range(4), ids=["january", "calm", "emergency", "continued"])
def test_unchanged_inputs_give_back_the_run(number, apart, january):
    """Received, answered, due, breached, backlog and overdue of every day and type; the headline to the ticket.

    Runs with peaks and without, through a change of the law, and one that begins in the middle of an inbox.
    """
    run_id, parameters = list(_runs(january))[number]
    apart.run(run_id, parameters)
    reading = Warehouse(apart.dsn)
    read = {name: reading.mart(name, run_id) for name in ("kpi_cohorts", "kpi_daily", "kpi_executive")}
    reading.close()
    outcome = simulated(read["kpi_cohorts"], (parameters.window_from, parameters.window_to), Variation())
    told, found = (
        table.set_index(["day", "pqrs_type"])[list(COUNTS)].sort_index() for table in (read["kpi_daily"], outcome.daily)
    )
    assert found.index.tolist() == told.index.tolist()
    assert (found.to_numpy() == told.to_numpy()).all()
    headline = read["kpi_executive"].iloc[0]
    assert {name: outcome.total(name) for name in HEADLINE} == {name: int(headline[name]) for name in HEADLINE}
    assert round(outcome.breach_rate, 4) == pytest.approx(headline["breach_rate"], abs=1e-4)
    assert outcome.mean_days == pytest.approx(headline["mean_business_days"], abs=0.005 + 1e-9)
    assert outcome.total("received") > 500
