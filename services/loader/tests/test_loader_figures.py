"""The metrics of the published run, on a real Postgres: gold's own counts, by type, and nothing of an earlier run."""

from __future__ import annotations

import math

import psycopg
import pytest

from pqr_common.process.metrics import REGISTRY
from pqr_loader.figures import Figures, figures, show_figures
from pqr_loader.warehouse import WAREHOUSE

pytestmark = pytest.mark.integration

DAYS = [  # day, type, due, breached, backlog, overdue
    ("2026-01-30", "QUEJA", 40, 4, 9, 9),
    ("2026-01-31", "QUEJA", 10, 2, 7, 3),
    ("2026-01-30", "RECLAMO", 0, 0, 1, 0),
    ("2026-01-31", "RECLAMO", 50, 1, 2, 1),
    ("2026-01-31", "FELICITACION", 0, 0, 0, 0),
]


def _daily(dsn, days):
    """Make the published run's days these."""
    with psycopg.connect(dsn) as opened:
        opened.execute("delete from gold.kpi_daily")
        for day in days:
            opened.execute("insert into gold.kpi_daily values (%s, %s, 0, 0, 0, 0, 0, %s, %s, %s, %s)", day)


def _value(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


@pytest.fixture
def loaded(runs):
    """A run that was published, with days of ours."""
    run_id = runs.make()
    runs.load(run_id)
    _daily(runs.dsn, DAYS)
    return run_id


def test_figures_are_gold_s_own_counts_added_up(runs, loaded):
    """The backlog is that of the last day; due and breached are those of the whole window; `all` is their sum."""
    with psycopg.connect(runs.dsn) as opened:
        (at,) = opened.execute("select extract(epoch from published_at)::float from meta.published").fetchone()
    assert figures(runs.dsn) == [
        Figures("all", 9, 4, 100, 7, at),
        Figures("FELICITACION", 0, 0, 0, 0, at),
        Figures("QUEJA", 7, 3, 50, 6, at),
        Figures("RECLAMO", 2, 1, 50, 1, at),
    ]


def test_loading_shows_them_and_so_does_a_load_with_nothing_to_do(runs, loaded):
    """Whoever asks for a run that stands already still sees its figures, in a service that knew none."""
    WAREHOUSE.record(runs.lake, loaded, runs.dsn)
    assert _value("pqr_backlog_tickets", pqrs_type="QUEJA", state="open") == 7
    assert _value("pqr_backlog_tickets", pqrs_type="QUEJA", state="overdue") == 3
    assert _value("pqr_breach_ratio", pqrs_type="QUEJA") == 0.12
    assert _value("pqr_breach_ratio", pqrs_type="all") == 0.07
    assert math.isnan(_value("pqr_breach_ratio", pqrs_type="FELICITACION"))
    _daily(runs.dsn, DAYS[2:])
    assert show_figures(runs.dsn)
    assert _value("pqr_backlog_tickets", pqrs_type="QUEJA", state="open") == 0
    assert math.isnan(_value("pqr_breach_ratio", pqrs_type="QUEJA"))


def test_a_postgres_that_is_away_costs_nothing_but_the_metrics(runs):
    """Nothing is raised; the caller is told, so that it may ask again."""
    assert not show_figures("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")


def test_an_empty_warehouse_has_no_figures(runs):
    """Nothing published, nothing shown, and no error."""
    assert figures(runs.dsn) == []
    assert show_figures(runs.dsn)
