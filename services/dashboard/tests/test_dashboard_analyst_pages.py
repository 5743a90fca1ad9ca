"""Solicitudes, Simulador and Operación as Streamlit runs them, on a real Postgres with a run in it."""

from __future__ import annotations

import html
import json
import re

import psycopg
import pytest

from pqr_dashboard.figures import operation, tickets, wording
from pqr_dashboard.figures.tickets import Filters

pytestmark = pytest.mark.integration

LEAKS = re.compile(r"Traceback|psycopg|\bError\b|\bnan\b|\bNaT\b|\bNone\b")
INJECTIONS = (
    "' or 1=1 --", "'; drop table core.tickets; --", "%", "_", "\\", "2026' union select null--", "$$", "\x00", "%(run_id)s",
    "{}", "<script>alert(1)</script>", "😀" * 30,
)  # fmt: skip


def _seen(visitor):
    said = [*(e.body for e in visitor.main.get("html")), *(e.value for e in visitor.markdown)]
    said += [e.value for e in (*visitor.title, *visitor.caption, *visitor.success, *visitor.error, *visitor.main.code)]
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", "\n".join(said), flags=re.DOTALL))


def _query(dsn, statement, *parameters):
    with psycopg.connect(dsn) as opened:
        return opened.execute(statement, parameters).fetchall()


def _charts(visitor):
    return visitor.get("arrow_vega_lite_chart") or visitor.get("vega_lite_chart")


def _values(visitor):
    body = next(e.body for e in visitor.main.get("html") if "pqr-cards" in e.body)
    labels = re.findall(r"<dt>([^<]*)</dt>", body)
    values = re.findall(r'class="pqr-value">(?:<a [^>]*>)?([^<]*)<', body)
    return {html.unescape(label): html.unescape(value) for label, value in zip(labels, values, strict=True)}


def _listed(visitor):
    """The tickets of the list on a page, in its order."""
    lists = [e.body for e in visitor.main.get("html") if "pqr-rows" in e.body]
    return [html.unescape(each) for each in re.findall(r"solicitud=([^&]*)&", lists[0])] if lists else []


@pytest.mark.parametrize("module", ["solicitudes", "simulador", "operacion"])
def test_a_page_shows_the_run(visit, loaded, module):
    """Its content, a CSV, and nothing that only a programmer understands."""
    visitor = visit(module, loaded)
    assert not visitor.exception
    assert visitor.get("download_button")
    assert not LEAKS.search(_seen(visitor))


# --- Solicitudes


@pytest.fixture
def door(reading, loaded):
    """Reads sql/tickets.sql with filters, as the page does."""
    warehouse = reading(loaded)

    def read(filters=Filters(), after=None):  # noqa: B008
        return warehouse.tickets("tickets", "", **filters.parameters(), **tickets.page_after(after))

    return read


def test_a_prefix_of_a_radicado_finds_those_that_begin_so(door, loaded):
    """Prefix, whole radicado and ticket id; newest first."""
    expected = _query(
        loaded, "select ticket_id from core.tickets where radicado like '2026101%%' order by opened_at desc limit 25"
    )
    assert door(Filters(code="2026101"))["ticket_id"].tolist() == [row[0] for row in expected]
    ticket_id, radicado = _query(
        loaded, "select ticket_id, radicado from core.tickets where radicado is not null limit 1"
    )[0]
    assert door(Filters(code=radicado))["ticket_id"].tolist() == [ticket_id]
    assert door(Filters(code=ticket_id))["ticket_id"].tolist() == [ticket_id]
    assert door(Filters(code=ticket_id[:-1])).empty


@pytest.mark.parametrize("typed", INJECTIONS)
def test_sql_in_the_search_box_is_only_text(visit, loaded, typed):
    """Nothing is found, nothing breaks, and no table is gone."""
    before = _query(loaded, "select count(*) from core.tickets")
    visitor = visit("solicitudes", loaded)
    visitor.text_input(key="tickets-code").set_value(typed).run()
    assert not visitor.exception
    is_asked = tickets.code_of(typed) is not None
    assert ("Ninguna solicitud cumple" in _seen(visitor)) == is_asked
    assert "base de datos no responde" not in _seen(visitor)
    assert _query(loaded, "select count(*) from core.tickets") == before


@pytest.mark.parametrize("typed", INJECTIONS)
def test_sql_in_the_address_is_only_text(visit, loaded, typed):
    """A ticket that does not exist is said not to exist, whatever its name."""
    visitor = visit("solicitudes", loaded, solicitud=typed)
    assert not visitor.exception
    assert "No hay una solicitud con ese identificador" in _seen(visitor)


@pytest.mark.parametrize(
    ("filters", "where"),
    [
        (Filters(pqrs_type="RECLAMO"), "pqrs_type = 'RECLAMO'"),
        (Filters(status="answered", department="Antioquia"), "status = 'answered' and department = 'Antioquia'"),
        (Filters(topic="RUIDO"), "topic = 'RUIDO'"),
        (Filters(only_overdue=True), "is_overdue"),
        (Filters(pqrs_type="PET_PAR", only_overdue=True), "is_overdue and pqrs_type = 'PET_PAR'"),
    ],
)
def test_filters_keep_what_they_say(door, loaded, filters, where):
    """Page after page, every ticket that passes, once, newest first."""
    expected = _query(
        loaded, f"select ticket_id from core.tickets_as_of where {where} order by opened_at desc, ticket_id desc"
    )
    found, after = [], None
    while len(page := door(filters, after)) == tickets.PAGE_ROWS:
        last = page.iloc[-1]
        found += page["ticket_id"].tolist()
        after = last["opened_at"].to_pydatetime(), last["ticket_id"]
    assert [*found, *page["ticket_id"]] == [row[0] for row in expected]
    assert expected


def test_days_are_days_in_bogota(door, loaded):
    """From and to hold both days whole, by the local clock."""
    from datetime import date

    for day in (date(2026, 1, 20), date(2026, 1, 21)):
        expected = _query(
            loaded,
            "select count(*) from core.tickets where (opened_at at time zone 'America/Bogota')::date = %s",
            day,
        )  # fmt: skip
        found = door(Filters(opened_from=day, opened_to=day))
        assert set(found["opened_at"].dt.date) == {day}
        assert len(found) == min(expected[0][0], tickets.PAGE_ROWS)


def test_the_days_that_are_said_are_those_that_are_listed(visit, loaded):
    """At first all that the run has, also what came before its window; then those that are chosen, and no others."""
    day = "(opened_at at time zone 'America/Bogota')::date"
    [(oldest, newest)] = _query(loaded, f"select min({day}), max({day}) from core.tickets")
    [window] = _query(loaded, "select window_from, window_to from meta.runs where run_id = 'dos-meses'")
    visitor = visit("solicitudes", loaded)
    first, last = visitor.date_input(key="tickets-dates").value
    assert first <= oldest < window[0]
    assert newest <= last
    visitor.date_input(key="tickets-dates").set_value(window).run()
    [(came,)] = _query(loaded, f"select count(*) from core.tickets where {day} between %s and %s", *window)
    assert f"1 a 25 de {wording.count(came)}," in _seen(visitor)


def test_pages_turn_forth_and_back(visit, loaded):
    """The next page shows other tickets; back shows the first again; another question begins on page one."""
    visitor = visit("solicitudes", loaded)
    first = _listed(visitor)
    visitor.button(key="tickets-forth").click().run()
    second = _listed(visitor)
    assert len(first) == len(second) == tickets.PAGE_ROWS
    assert not set(first) & set(second)
    total = wording.count(_query(loaded, "select count(*) from core.tickets")[0][0])
    assert f"26 a 50 de {total}" in _seen(visitor)
    visitor.button(key="tickets-back").click().run()
    assert _listed(visitor) == first
    visitor.button(key="tickets-forth").click().run()
    visitor.toggle(key="tickets-overdue").set_value(True).run()
    assert "\n1 a 25 de " in _seen(visitor)


def test_a_ticket_tells_its_story(visit, loaded):
    """Its clock and every step in order; the journey of its mails has a file of its own."""
    ticket_id, radicado, due = _query(
        loaded, "select ticket_id, radicado, effective_due_on from core.tickets where extension_days > 0 limit 1"
    )[0]
    visitor = visit("solicitudes", loaded, solicitud=ticket_id)
    assert not visitor.exception
    said = _seen(visitor)
    assert visitor.title[0].value == f"Solicitud {radicado}"
    assert _values(visitor)["Vencimiento efectivo"] == wording.day(due)
    events = _query(loaded, "select event_type from core.ticket_events where ticket_id = %s order by seq", ticket_id)
    places = [said.index(tickets.STEPS[kind]) for (kind,) in events[:3]]
    assert places == sorted(places)
    assert not LEAKS.search(said)


def test_filters_are_kept_while_a_ticket_is_read(visit, loaded):
    """Back from a ticket, the list is the one that was left."""
    visitor = visit("solicitudes", loaded)
    visitor.selectbox(key="tickets-type").set_value("RECLAMO").run()
    visitor.button(key="tickets-forth").click().run()
    left = _listed(visitor)
    visitor.query_params["solicitud"] = _query(loaded, "select ticket_id from core.tickets limit 1")[0][0]
    visitor.run()
    assert visitor.title[0].value.startswith("Solicitud ")
    visitor.button(key="ticket-back").click().run()
    assert visitor.selectbox(key="tickets-type").value == "RECLAMO"
    assert _listed(visitor) == left


def test_every_kind_of_ticket_can_be_shown(visit, loaded):
    """One of each status and type, also without topic, radicado or term."""
    ids = _query(loaded, "select distinct on (status, pqrs_type) ticket_id from core.tickets")
    ids += _query(loaded, "select ticket_id from core.tickets where radicado is null limit 1")
    for (ticket_id,) in ids:
        visitor = visit("solicitudes", loaded, solicitud=ticket_id)
        assert not visitor.exception, ticket_id
        assert not LEAKS.search(_seen(visitor)), ticket_id


def test_another_run_has_figures_and_no_tickets(visit, loaded):
    """Core is the published run; of another one the page says how to publish it."""
    with psycopg.connect(loaded, autocommit=True) as opened:
        opened.execute("insert into meta.runs select 'otra', (to_jsonb(r) - 'run_id' ->> 'parameters')::jsonb, parameters_digest,"
                       " seed, scenario, window_from, window_to, as_of, state, failed_stage, reason, started_at, finished_at"
                       " from meta.runs r limit 1")  # fmt: skip
        opened.execute("create temp table row as select * from archive.kpi_executive limit 1")
        opened.execute("update row set run_id = 'otra'")
        opened.execute("insert into archive.kpi_executive select * from row")
    try:
        visitor = visit("solicitudes", loaded, corrida="otra")
        assert not visitor.exception
        assert "pqr publish otra" in _seen(visitor)
        assert not _listed(visitor)
        simulator = visit("simulador", loaded, corrida="otra")
        assert "El simulador trabaja con la corrida publicada" in _seen(simulator)
    finally:
        with psycopg.connect(loaded, autocommit=True) as opened:
            opened.execute("delete from archive.kpi_executive where run_id = 'otra'")
            opened.execute("delete from meta.runs where run_id = 'otra'")


# --- Simulador


def test_nothing_changed_is_the_run(visit, loaded):
    """The page itself checks that it gives back the run's figures, and its cards are gold's."""
    visitor = visit("simulador", loaded)
    assert [each.value for each in visitor.success] == [
        "Sin cambios, el simulador da exactamente las cifras de la corrida. Mueva un control para empezar."
    ]
    row = _query(loaded, "select breach_rate, breached, open, overdue from gold.kpi_executive")[0]
    expected = [wording.percent(row[0]), *map(wording.count, row[1:])]
    assert list(_values(visitor).values())[:4] == expected


def test_controls_change_what_is_shown(visit, loaded):
    """More days: less breach. A third of the answers: more waits. By due date: fewer wait beyond their term."""
    base = _values(visit("simulador", loaded))
    visitor = visit("simulador", loaded)
    visitor.radio(key="sim-terms").set_value("Todos más o menos días").run()
    visitor.slider(key="sim-shift").set_value(10).run()
    assert not visitor.exception
    assert not visitor.success
    assert _number(_values(visitor)["Incumplidas"]) < _number(base["Incumplidas"])

    visitor = visit("simulador", loaded)
    visitor.radio(key="sim-capacity").set_value("Un porcentaje").run()
    visitor.slider(key="sim-percent").set_value(60).run()
    assert _number(_values(visitor)["Pendientes al cierre"]) > _number(base["Pendientes al cierre"])

    visitor = visit("simulador", loaded)
    visitor.radio(key="sim-order").set_value("due").run()
    overdue = "Vencidas sin respuesta"
    assert _number(_values(visitor)[overdue]) < _number(base[overdue])
    assert not visitor.exception


def test_a_term_of_its_own_for_a_type(visit, loaded):
    """One type's term changes that type alone."""
    visitor = visit("simulador", loaded)
    visitor.radio(key="sim-terms").set_value("Uno por tipo").run()
    visitor.number_input(key="sim-term-RECLAMO").set_value(3).run()
    assert not visitor.exception
    assert _number(_values(visitor)["Incumplidas"]) > 0
    visitor.radio(key="sim-capacity").set_value("Respuestas por día hábil").run()
    visitor.number_input(key="sim-a-day").set_value(0).run()
    assert not visitor.exception
    assert not LEAKS.search(_seen(visitor))


def _number(text):
    return int(text.replace(".", ""))


# --- Operación


def test_operation_tells_stages_checks_rejects_and_lineage(visit, loaded):
    """Every stage, how many checks hold, the rejects by rule, and the digests from the figure to the raw objects."""
    visitor = visit("operacion", loaded)
    said = _seen(visitor)
    for word in ("Generador", "Bronce", "Plata", "Oro", "Cargador", "Entrega repetida", "Líneas leídas = filas"):
        assert word in said, word
    checks = _query(loaded, "select count(*) from meta.quality_checks")[0][0]
    assert _values(visitor)["Controles de calidad"] == wording.count(checks)
    rejected = _query(loaded, "select sum(rejected) from meta.rejects")[0][0]
    assert _values(visitor)["Líneas rechazadas"] == wording.count(rejected)
    graph = visitor.get("graphviz_chart")[0].proto.spec
    for (digest,) in _query(loaded, "select digest from meta.manifests"):
        assert digest[:12] in graph
    assert not LEAKS.search(said)


def test_every_figure_has_a_lineage(visit, loaded):
    """Whichever figure is chosen, the graph begins with it."""
    visitor = visit("operacion", loaded)
    for code in ("received", "mean_business_days", "overdue"):
        visitor.selectbox(key="operation-figure").set_value(code).run()
        assert not visitor.exception
        graph = visitor.get("graphviz_chart")[0].proto.spec
        assert re.search(r'"figure" -> "(load|gold)/[a-z.]*kpi_executive"', graph)
        assert operation.FIGURES[code] in graph


def test_a_failed_run_is_told(visit, loaded):
    """A run that stopped shows where and why, though it has no figures."""
    with psycopg.connect(loaded, autocommit=True) as opened:
        opened.execute(
            "insert into meta.runs select 'rota', parameters, parameters_digest, seed, scenario, window_from, window_to,"
            " as_of, 'failed', 'bronze', 'The object raw/x must exist.', started_at, finished_at from meta.runs limit 1"
        )
    try:
        visitor = visit("operacion", loaded)
        visitor.selectbox(key="operation-run").set_value("rota").run()
        assert not visitor.exception
        assert "La corrida se detuvo en Bronce" in _seen(visitor)
        assert "The object raw/x must exist." in _seen(visitor)
        assert not LEAKS.search(_seen(visitor))
    finally:
        with psycopg.connect(loaded, autocommit=True) as opened:
            opened.execute("delete from meta.runs where run_id = 'rota'")


def test_a_first_run_that_failed_is_told(visit, migrated):
    """Before anything was ever published, operators still see what ran and why it stopped."""
    with psycopg.connect(migrated, autocommit=True) as opened:
        opened.execute(
            "insert into meta.runs values ('primera', '{}', 'd', 1, 'alcaldia', '2026-01-01', '2026-01-31', now(),"
            " 'failed', 'silver', 'The checks of silver must hold.', now(), now())"
        )
    try:
        visitor = visit("operacion", migrated)
        assert not visitor.exception
        assert "La corrida se detuvo en Plata" in _seen(visitor)
        assert "The checks of silver must hold." in _seen(visitor)
        assert "Esta corrida no tiene cifras publicadas" in _seen(visitor)
    finally:
        with psycopg.connect(migrated, autocommit=True) as opened:
            opened.execute("delete from meta.runs")


def test_the_simulator_says_what_its_result_is_worth(visit, loaded):
    """Breaches are planted by quota, so what changes is the queue's arithmetic; the chart begins with what it changes."""
    visitor = visit("simulador", loaded)
    assert "se plantaron por cuota (9,5\u00a0% de lo que llega" in _seen(visitor)
    drawn = [json.loads(chart.proto.spec) for chart in _charts(visitor)]
    assert "Vencidas" in json.dumps(drawn[0], ensure_ascii=False)
    assert all("said" in json.dumps(spec) for spec in drawn)  # values beside lines and bars, noughts too


def test_publishing_again_is_no_work_of_the_run(visit, again):
    """Duration and rows written are those of the attempts that made the run; a second load is seen as an attempt."""
    dsn, publish = again
    publish(5)
    before = _values(visit("operacion", dsn))
    publish(6)
    publish(5)
    after = _values(visit("operacion", dsn))
    assert int(after["Intentos"]) == int(before["Intentos"]) + 1
    for name in ("Estado", "Duración", "Filas escritas"):
        assert after[name] == before[name]
    (seconds,) = _query(dsn, "select sum(seconds) from meta.attempts where run_id = 'dia-5' and attempt = 1")[0]
    assert after["Duración"] == wording.duration(seconds)
