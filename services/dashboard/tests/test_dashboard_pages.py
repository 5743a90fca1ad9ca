"""The executive pages as Streamlit runs them: with data, before the first run, and with Postgres down."""

from __future__ import annotations

import contextlib
import html
import re
from dataclasses import astuple
from datetime import date

import pandas as pd
import psycopg
import pytest
from streamlit.util import calc_hash

from pqr_dashboard.access.menu import PAGES
from pqr_dashboard.figures import months, wording
from pqr_dashboard.figures.balance import Balance

EXECUTIVE = ("resumen", "terminos", "territorio")
LEAKS = re.compile(r"Traceback|psycopg|Error|\bnan\b|\bNaT\b|\bNone\b|127\.0\.0\.1")


def _seen(visitor) -> str:
    """All that the page says, tags taken out."""
    said = [*(e.body for e in visitor.main.get("html")), *(e.value for e in visitor.markdown)]
    said += [e.value for e in (*visitor.title, *visitor.caption)]
    return html.unescape(re.sub(r"<[^>]+>", " ", "\n".join(said)))


@pytest.mark.parametrize("module", EXECUTIVE)
def test_a_page_shows_the_run(visit, loaded, module):
    """Its title, charts, tables with a CSV each, and nothing that only a programmer understands."""
    visitor = visit(module, loaded)
    assert not visitor.exception
    assert visitor.title[0].value == next(entry.title for entry in PAGES if entry.module == module)
    assert len(visitor.get("arrow_vega_lite_chart") or visitor.get("vega_lite_chart")) >= 2
    assert visitor.get("download_button")
    assert not LEAKS.search(_seen(visitor))


@pytest.mark.parametrize("module", [entry.module for entry in PAGES])
def test_before_the_first_run_a_page_says_what_to_do(visit, migrated, module):
    """An empty database is no error: the page names the command."""
    visitor = visit(module, migrated)
    assert not visitor.exception
    assert "pqr run" in _seen(visitor)
    assert not LEAKS.search(_seen(visitor))


@pytest.mark.parametrize("module", [entry.module for entry in PAGES])
def test_a_run_in_which_nothing_came_is_no_fault(visit, quiet, module):
    """A holiday without mail: pages say there is nothing to compare, and nothing breaks."""
    visitor = visit(module, quiet)
    assert not visitor.exception
    assert visitor.title
    assert not LEAKS.search(_seen(visitor))


def test_a_database_nobody_migrated_is_as_good_as_empty(visit, bare):
    """Tables that are not there yet look like runs that are not there yet."""
    assert "pqr run" in _seen(visit("resumen", bare))


@pytest.mark.parametrize("module", [entry.module for entry in PAGES])
def test_without_postgres_a_page_says_so_in_a_sentence(visit, module, nobody):
    """No traceback, no address, no name of a library."""
    visitor = visit(module, nobody)
    assert not visitor.exception
    assert "La base de datos no responde" in _seen(visitor)
    assert not LEAKS.search(_seen(visitor))


def test_the_headline_is_what_gold_counted(visit, loaded):
    """The cards of the whole window are the one row of kpi_executive, in Spanish numbers."""
    with psycopg.connect(loaded) as opened:
        row = opened.execute(
            "select received, answered, breach_rate, open, overdue, mean_business_days from gold.kpi_executive"
        ).fetchone()
    formats = (wording.count, wording.count, wording.percent, wording.count, wording.count, wording.decimal)
    expected = [form(value) for form, value in zip(formats, row, strict=True)]
    assert _cards(visit("resumen", loaded)) == expected


def test_the_account_on_the_page_adds_up(visit, loaded, reading):
    """What waited and came is what became of it and waits, praise included: as gold counts it, and in each month."""
    columns = ("open_before", "received", "answered", "archived", "transferred", "lapsed", "no_term", "open")
    with psycopg.connect(loaded) as opened:
        told = opened.execute(f"select {', '.join(columns)} from gold.kpi_executive").fetchone()
    daily = reading(loaded).mart("kpi_daily", "dos-meses")
    whole = Balance.of(daily)
    assert astuple(whole) == told
    assert whole.no_term > 0
    for code in daily["pqrs_type"].unique():
        for month in (None, *pd.date_range("2026-01-01", periods=2, freq="MS")):
            assert Balance.of(months.of_month(months.of_type(daily, code), month)).adds_up, (code, month)
    assert whole.said() in _seen(visit("resumen", loaded))


def _cards(visitor) -> list[str]:
    body = next(e.body for e in visitor.main.get("html") if "pqr-cards" in e.body)
    return [html.unescape(value) for value in re.findall(r'class="pqr-value">(?:<a [^>]*>)?([^<]*)<', body)]


def test_a_month_and_a_type_can_be_chosen(visit, loaded):
    """The cards follow both filters, with what gold counted for them."""
    visitor = visit("resumen", loaded)
    visitor.selectbox(key="resumen-mes").select_index(2).run()
    visitor.selectbox(key="resumen-tipo").select_index(7).run()
    assert not visitor.exception
    with psycopg.connect(loaded) as opened:
        received = opened.execute(
            "select sum(received) from gold.kpi_daily where pqrs_type = 'RECLAMO' and day < %s", [date(2026, 2, 1)]
        ).fetchone()[0]
    assert _cards(visitor)[0] == wording.count(received)


def test_every_choice_of_every_filter_can_be_drawn(visit, loaded):
    """Also types with hardly a case, and praise, which has no term."""
    for module in EXECUTIVE:
        visitor = visit(module, loaded)
        box = visitor.main.selectbox[-1]
        for number in range(len(box.options)):
            visitor.main.selectbox[-1].select_index(number).run()
            assert not visitor.exception, (module, number)
            assert not LEAKS.search(_seen(visitor)), (module, number)


@pytest.mark.parametrize("measure", ["Recibidas", "Incumplimiento", "Días de respuesta"])
def test_the_map_compares_what_is_asked_for(visit, loaded, measure):
    """Each measure draws the map, the topics and the table."""
    visitor = visit("territorio", loaded)
    visitor.main.get("button_group")[0].set_value(measure).run()
    assert not visitor.exception
    assert measure.lower() in _seen(visitor).lower()


@contextlib.contextmanager
def _another(dsn):
    """A run of the same figures under another name and to another day, archived."""
    with psycopg.connect(dsn, autocommit=True) as opened:
        opened.execute("create temp table run as select * from meta.runs where run_id = 'dos-meses'")
        opened.execute("create temp table headline as select * from archive.kpi_executive where run_id = 'dos-meses'")
        opened.execute(
            "update run set run_id = 'otra-mas', window_to = window_to + 1; update headline set run_id = 'otra-mas'"
        )
        opened.execute("insert into meta.runs select * from run")
        opened.execute("insert into archive.kpi_executive select * from headline")
    try:
        yield
    finally:
        with psycopg.connect(dsn, autocommit=True) as opened:
            opened.execute("delete from archive.kpi_executive where run_id = 'otra-mas'")
            opened.execute("delete from meta.runs where run_id = 'otra-mas'")


@contextlib.contextmanager
def _published(dsn, run_id):
    """Meanwhile that run is the published one."""
    say = "update meta.published set run_id = %s, published_at = published_at + interval '1 second'"
    with psycopg.connect(dsn, autocommit=True) as opened:
        opened.execute(say, [run_id])
        try:
            yield
        finally:
            opened.execute(say, ["dos-meses"])


def test_the_chosen_run_stays_from_page_to_page(visit, loaded):
    """Streamlit forgets the chooser of the page that is left, and the address; the visitor's choice it keeps."""
    with _another(loaded):
        visitor = visit("terminos", loaded)
        visitor.sidebar.selectbox[0].set_value("otra-mas").run()
        assert visitor.query_params["corrida"] in ("otra-mas", ["otra-mas"])
        del visitor.query_params["corrida"]
        visitor._page_hash = calc_hash("territorio-y-temas")
        visitor.run()
        assert visitor.title[0].value == "Territorio y temas"
        assert visitor.sidebar.selectbox[0].value == "otra-mas"


def test_a_live_inbox_is_followed_by_who_looks_at_the_published_run(visit, loaded, monkeypatch):
    """The page moves to the run that is published now, and back; whoever chose an archived one stays there."""
    monkeypatch.setenv("PQR_INBOX_SPEED", "20")
    with _another(loaded):
        visitor = visit("resumen", loaded)
        with _published(loaded, "otra-mas"):
            assert visitor.run().sidebar.selectbox[0].value == "otra-mas"
            visitor.sidebar.selectbox[0].set_value("dos-meses").run()
            assert visitor.query_params["corrida"] in ("dos-meses", ["dos-meses"])
            assert visitor.run().sidebar.selectbox[0].value == "dos-meses"
            visitor.sidebar.selectbox[0].set_value("otra-mas").run()
        assert visitor.run().sidebar.selectbox[0].value == "dos-meses"
        assert not visitor.exception


def test_a_run_that_is_not_live_stays_when_another_is_published(visit, loaded):
    """Figures do not move under who reads them unless the inbox is live."""
    with _another(loaded):
        visitor = visit("resumen", loaded)
        with _published(loaded, "otra-mas"):
            assert visitor.run().sidebar.selectbox[0].value == "dos-meses"


def test_the_run_of_the_address_is_the_one_shown(visit, loaded):
    """A link keeps its run; one whose run is not there says so, and shows the published one only when asked."""
    assert visit("resumen", loaded, corrida="dos-meses").sidebar.selectbox[0].value == "dos-meses"
    visitor = visit("resumen", loaded, corrida="' or 1=1")
    assert "La corrida de este enlace ya no se publica" in _seen(visitor)
    assert "pqr-cards" not in "".join(element.body for element in visitor.main.get("html"))
    assert visitor.button(key="pqr-see-published").click().run().sidebar.selectbox[0].value == "dos-meses"


@pytest.mark.parametrize(
    ("module", "asked", "shown"),
    [
        ("resumen", "resumen-tipo=Reclamo", ("selectbox", "RECLAMO")),
        ("resumen", "resumen-mes=enero de 2026", ("selectbox", pd.Timestamp(2026, 1, 1))),
        ("terminos", "terminos-tipo=Queja", ("selectbox", "QUEJA")),
        ("territorio", "territorio-tipo=Queja", ("selectbox", "QUEJA")),
        ("solicitudes", "tickets-status=Respondida", ("selectbox", "answered")),
        ("solicitudes", "tickets-code=2026", ("text_input", "2026")),
        ("solicitudes", "tickets-overdue=true", ("toggle", True)),
        ("simulador", "sim-order=Primero lo que vence antes", ("radio", "due")),
        ("operacion", "operation-figure=Recibidas", ("selectbox", "received")),
    ],
)
def test_the_address_holds_what_was_chosen(visit, loaded, module, asked, shown):
    """A reload or another window shows the same filters; what is not among the choices is left out."""
    (key, said), (kind, value) = asked.split("="), shown
    visitor = visit(module, loaded, **{key: said})
    assert not visitor.exception
    assert getattr(visitor, kind)(key=key).value == value
    assert not visit(module, loaded, **{key: "<no>"}).exception
