"""A figure is defined once, in gold: whoever looks at it, wherever, sees the same number."""

from __future__ import annotations

import re
import sys
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from streamlit import config
from streamlit.testing.v1 import AppTest

import pqr_dashboard
from pqr_common.process.metrics import REGISTRY
from pqr_dashboard.figures import wording
from pqr_loader.figures import show_figures
from pqrs.parameters import Parameters
from pqrs.terms import THREAD_DAYS

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
APP = Path(pqr_dashboard.__file__).with_name("app.py")
CARD = re.compile(r'<dt>(?P<name>[^<]+)</dt><dd class="pqr-value">(?:<a [^>]*>)?(?P<value>[^<]+)<')
METABASE_ROLE = "pqr_metabase"


@pytest.fixture(scope="module")
def lately(platform):
    """The days from a Thursday on of an inbox that opened a winter before: most of what is open in them came earlier."""
    lately = Parameters.create(
        opens_on=date(2025, 8, 1), window_from=date(2026, 1, 15), window_to=date(2026, 2, 20), tickets_per_business_day=40
    )  # fmt: skip
    platform.run("lately", lately)
    return lately


@pytest.fixture
def published(platform, lately):
    """Postgres shows the run `lately`, whatever another test published before."""
    platform.run("lately", lately, "loader")
    assert show_figures(platform.dsn)  # as a loader does at its start: this process may have shown other runs
    return platform.dsn


@pytest.fixture
def gold(published):
    """The one row of gold.kpi_executive."""
    with psycopg.connect(published) as opened:
        row = opened.execute("select received, breach_rate, open, overdue from gold.kpi_executive").fetchone()
    return dict(zip(("received", "breach_rate", "open", "overdue"), row, strict=True))


@pytest.fixture
def streamlit(published, monkeypatch, tmp_path):
    """The cards of the page Resumen, by their names."""
    monkeypatch.setenv("PQR_DASHBOARD_DSN", published)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # AppTest puts a script there that goes
    script = tmp_path / "app.py"  # beside no folder pages/, whose files would be taken for the pages
    script.write_text(f"import runpy; runpy.run_path({str(APP)!r})")
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    page = AppTest.from_file(str(script), default_timeout=60).run()
    config.set_option("server.address", before)
    assert not page.exception
    texts = [unescape(element.proto.body) for element in page.get("html")]
    return {found["name"]: found["value"] for text in texts for found in CARD.finditer(text)}


def _metabase(dsn: str, question: str) -> list[tuple]:
    """What a question of Metabase answers, asked as Metabase asks it."""
    text = (ROOT / "deploy/metabase/questions" / f"{question}.sql").read_text(encoding="utf-8")
    with psycopg.connect(dsn) as opened:
        opened.execute(f"set role {METABASE_ROLE}")
        return opened.execute(text).fetchall()


def _grafana(name: str, **labels: str) -> float:
    """What Prometheus would scrape for Grafana's panels."""
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None
    return value


def _open(state: str) -> float:
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "pqr_backlog_tickets" and sample.labels["state"] == state
    )


def test_headlines_agree_everywhere(published, gold, streamlit):
    """Received, breach rate, backlog and overdue: gold, the executive page, Metabase and Grafana's metrics."""
    assert streamlit["Recibidas"] == wording.count(gold["received"])
    assert streamlit["Incumplimiento"] == wording.percent(gold["breach_rate"])
    assert streamlit["Pendientes al cierre"] == wording.count(gold["open"])
    assert streamlit["Vencidas sin respuesta"] == wording.count(gold["overdue"])
    questions = {"received": "received", "breach_rate": "breach_rate", "open": "open", "overdue": "overdue"}
    assert {name: _metabase(published, question)[0][0] for name, question in questions.items()} == gold
    assert _open("open") == gold["open"]
    assert _open("overdue") == gold["overdue"]
    assert round(Decimal(_grafana("pqr_breach_ratio", pqrs_type="all")), 4) == gold["breach_rate"]


def test_single_tickets_add_up_to_the_headlines(published, lately):
    """What waits, is overdue, fell due, was breached or lapsed in the window, counted from tickets and told by gold."""
    with psycopg.connect(published, row_factory=dict_row) as opened:
        told = opened.execute("select open, overdue, due, breached, lapsed from gold.kpi_executive").fetchone()
        counted = opened.execute(
            """
            select (select count(*) from core.backlog) as open, (select count(*) from core.overdue) as overdue,
                count(*) filter (where is_due and due_day >= %(first)s) as due,
                count(*) filter (where is_due and is_breached and due_day >= %(first)s) as breached,
                count(*) filter (where is_lapsed and last_day >= %(first)s) as lapsed
            from core.tickets_as_of,
                lateral (select (opened_at at time zone 'America/Bogota')::date + %(thread_days)s as last_day),
                lateral (select least(effective_due_on, last_day) as due_day)
            """,
            {"first": lately.window_from, "thread_days": THREAD_DAYS},
        ).fetchone()
        received = opened.execute(
            "select count(*) as n from core.tickets where (opened_at at time zone 'America/Bogota')::date >= %s",
            [lately.window_from],
        ).fetchone()
        assert received == opened.execute("select received as n from gold.kpi_executive").fetchone()
    assert counted == told
    assert told["lapsed"] > 0


def test_breach_by_type_agrees(published):
    """Each type's rate is the same in Metabase's question and in Grafana's metric."""
    with psycopg.connect(published) as opened:
        codes = dict(opened.execute("select name, pqrs_type from core.sla_policies").fetchall())
    rates = {codes[name]: rate for name, rate, *_ in _metabase(published, "breach_by_type") if rate is not None}
    assert len(rates) >= 8
    shown = {code: round(Decimal(_grafana("pqr_breach_ratio", pqrs_type=code)), 4) for code in rates}
    assert shown == rates
