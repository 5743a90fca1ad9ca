"""The mails of a ticket, as an executive, an analyst and an operator meet them; and where the lake gives none."""

from __future__ import annotations

import psycopg
import pytest

from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqr_dashboard.journey.evidence import Evidence

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]

STEPS = ("La línea cruda", "La fila de bronce", "El paso: ", "La solicitud y su reloj legal", "Las filas en Postgres")


@pytest.fixture(scope="module")
def ticket(published) -> tuple[str, str]:
    """Id and radicado of one whose term stood still."""
    statement = (
        "select ticket_id, radicado from core.tickets where is_suspended and suspended_to is not null and due_on is not null "
        "order by count_emails desc, ticket_id limit 1"
    )
    with psycopg.connect(published) as opened:
        return opened.execute(statement).fetchone()


@pytest.fixture(scope="module")
def mails(published, vista_lake, ticket) -> list[dict]:
    """What was written, as bronze has it."""
    statement = "select event_id, message_id, occurred_at from core.ticket_events where ticket_id = %s"
    with psycopg.connect(published) as opened:
        rows = opened.execute(statement, [ticket[0]]).fetchall()
    lake = open_lake(Settings.read(lake_url=vista_lake).lake)
    return list(Evidence(lake).mails("vista", {step: (name, at) for step, name, at in rows}).values())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _opened(visits, dashboard, ticket, person: str):
    visit = visits(f"{dashboard.url}/solicitudes?solicitud={ticket[0]}").sign_in(f"{person}@entidad.example")
    visit.page.get_by_text("Las filas en Postgres").wait_for()
    return visit.settled()


def test_an_operator_reads_the_thread_whole_and_it_is_written_down(visits, behind_login, ticket, mails):
    """Who wrote what, then the five steps; Operación says who read it."""
    visit = _opened(visits, behind_login, ticket, "operador")
    said = _one_line(visit.text)
    for mail in mails:
        assert all(_one_line(mail[name]) in said for name in ("from_name", "from_address", "subject", "body"))
    assert [step for step in STEPS if step not in said] == []
    line = visit.page.get_by_text("Ver la línea completa")
    line.click()
    visit.page.get_by_text('"schema_version"').first.wait_for()
    assert mails[0]["from_address"] in visit.page.locator('[data-testid="stCode"]').first.inner_text()
    visit.page.get_by_role("link", name="Operación").click()
    visit.page.get_by_role("tab", name="Lecturas").click()
    table = visit.page.get_by_role("region", name="Lecturas de correos")
    table.wait_for()
    read = table.inner_text()
    assert read.count("operador@entidad.example") >= len(mails)
    assert all(mail["message_id"] in read for mail in mails)


def test_an_analyst_reads_it_masked(visits, behind_login, ticket, mails):
    """Nothing that the browser is sent has a name, an address or a document of who wrote."""
    visit = _opened(visits, behind_login, ticket, "analista")
    visit.page.get_by_text("Ver la línea completa").click()
    visit.page.get_by_text("los SHA-256 son de los bytes sin enmascarar").wait_for()
    sent = visit.page.content()
    assert "[nombre]" in sent
    assert ticket[1] in sent
    hidden = {mail[name] for mail in mails for name in ("from_address", "to_addresses")}
    hidden |= {mail["from_name"] for mail in mails if mail["direction"] == "inbound"}
    assert [text for text in hidden if text in sent] == []
    visit.page.get_by_role("button", name="Volver a la lista").click()
    visit.page.get_by_role("heading", level=1, name="Solicitudes").wait_for()
    visit.settled()  # the line is gone, and with it JSON's own word for nothing, which is no word for people


def test_an_executive_meets_no_mail(visits, behind_login, ticket, mails):
    """The address of a ticket leads to a sentence."""
    visit = visits(f"{behind_login.url}/solicitudes?solicitud={ticket[0]}").sign_in("ejecutivo@entidad.example")
    assert "Esta página no está disponible para su rol" in visit.text
    assert [mail for mail in mails if mail["subject"] in visit.page.content()] == []


def test_without_the_lake_the_page_shows_the_rest(visits, dashboards, published, ticket, tmp_path):
    """One sentence, and the clock, the steps and the rows of Postgres."""
    dashboard = dashboards(dashboard_dsn=published, lake_url=(tmp_path / "none").as_uri())
    visit = visits(f"{dashboard.url}/solicitudes?solicitud={ticket[0]}")
    visit.page.get_by_text("Las filas en Postgres").wait_for()
    said = visit.settled().text
    assert "Los correos no se muestran porque el lago no los entregó" in said
    assert "Suspensión: " in said
    assert "La línea cruda" not in said


@pytest.fixture(params=["light", "dark"])
def page_of_ticket(request, visits, local, ticket):
    """The page of the embedded dashboard, in either theme."""
    return visits(f"{local.url}/solicitudes?solicitud={ticket[0]}", color_scheme=request.param)


def test_the_journey_fits_and_can_be_read(page_of_ticket, sizes, contrast):
    """In both themes, on a screen and on a telephone: nothing is cut off, every word stands out."""
    visit = page_of_ticket
    visit.page.get_by_text("Las filas en Postgres").wait_for()
    for size in sizes:
        visit.page.set_viewport_size(size)
        visit.settled().page.wait_for_timeout(500)
        assert contrast(visit) == []
        overhang = visit.page.evaluate(
            "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
            ".map((each) => each.scrollWidth - each.clientWidth)"
        )
        assert max(overhang) <= 1, size
