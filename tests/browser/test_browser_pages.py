"""Every page, as one sees it: with figures, without any, with Postgres away, on a screen and on a telephone."""

from __future__ import annotations

from urllib.parse import quote

import psycopg
import pytest

from pqr_dashboard.access.menu import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]

EVERY_PAGE = pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.path)
HOSTILE = ("'; drop schema core cascade; --", "' or '1'='1", "<img src=x onerror=alert(1)>")


def fits(visit):
    """Nothing is cut off to the side: neither the page nor its main part scrolls sideways."""
    visit.page.wait_for_timeout(250)
    widths = visit.page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map((e) => e.scrollWidth - e.clientWidth)"
    )
    return max(widths) <= 1


@EVERY_PAGE
def test_a_page_shows_its_figures(visits, local, sizes, contrast, entry):
    """Its heading and something to look at, nothing cut off at either width, and every word can be read."""
    visit = visits(f"{local.url}/{entry.path}")
    assert visit.heading == entry.title
    assert visit.page.query_selector(".pqr-state") is None
    assert contrast(visit) == []
    for size in sizes:
        visit.page.set_viewport_size(size)
        visit.settled()
        assert fits(visit), size


@EVERY_PAGE
def test_a_page_without_any_run_says_what_to_do(visits, empty, contrast, entry):
    """No fault, no empty charts: one sentence and the command."""
    visit = visits(f"{empty.url}/{entry.path}")
    state = visit.page.locator('.pqr-state[role="status"]')
    # Operación also shows runs that failed, so it does not speak of published ones.
    said = "ninguna corrida" if entry.path == "operacion" else "ninguna corrida publicada"
    assert f"Todavía no hay {said}\n" in state.inner_text()
    assert "pqr run" in state.inner_text()
    assert contrast(visit) == []


@pytest.fixture(scope="module")
def away(platform, dashboards, databases):
    """A dashboard whose Postgres takes nobody in."""
    dsn = databases("ausente")
    dashboard = dashboards(dashboard_dsn=dsn)
    with psycopg.connect(platform.dsn, autocommit=True) as opened:
        opened.execute("alter database ausente with allow_connections false")
        opened.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'ausente'")
    return dashboard


@EVERY_PAGE
def test_a_page_without_postgres_says_so(visits, away, contrast, entry):
    """An alert in words for people, and nothing of the error."""
    visit = visits(f"{away.url}/{entry.path}")
    said = visit.page.locator('.pqr-state[role="alert"]').inner_text()
    assert "La base de datos no responde" in said
    assert contrast(visit) == []


def test_figures_come_back_with_postgres(visits, local, platform):
    """It goes away under an open page and comes back: one reload, no restart."""
    visit = visits(f"{local.url}/resumen")
    with psycopg.connect(platform.dsn, autocommit=True) as opened:
        opened.execute("alter database vista with allow_connections false")
        opened.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'vista'")
        try:
            visit.page.get_by_role("link", name="Términos").click()
            visit.page.locator('.pqr-state[role="alert"]').wait_for()
        finally:
            opened.execute("alter database vista with allow_connections true")
    visit.open(f"{local.url}/resumen")
    assert visit.page.query_selector(".pqr-card") is not None


def test_the_embedded_dashboard_says_that_there_is_no_login(visits, local):
    """Whoever looks knows that it is for this machine only."""
    assert "Modo local: sin inicio de sesión; solo accesible desde este equipo." in visits(local.url).text


def test_what_is_typed_into_the_search_is_only_text(visits, local, published):
    """SQL and HTML find nothing and do nothing; a radicado finds its ticket."""
    visit = visits(f"{local.url}/solicitudes")
    box = visit.page.get_by_role("textbox", name="Radicado o identificador")
    with psycopg.connect(published) as opened:
        before, radicado = opened.execute("select count(*), min(radicado) from core.tickets").fetchone()
        for typed in HOSTILE:
            box.fill(typed)
            box.press("Enter")
            visit.page.locator(".pqr-empty").wait_for()
            assert "Ninguna solicitud cumple lo que busca" in visit.settled().text
        box.fill(radicado)
        box.press("Enter")
        visit.page.locator(".pqr-empty").wait_for(state="detached")
        assert opened.execute("select count(*) from core.tickets").fetchone()[0] == before


def test_an_address_is_only_text(visits, local):
    """A run that nobody knows is said to be gone, and leads to the published one."""
    for asked in HOSTILE:
        visit = visits(f"{local.url}/?corrida={quote(asked)}")
        assert "La corrida de este enlace ya no se publica" in visit.text
        assert asked not in visit.text
        visit.page.get_by_role("button", name="Ver la corrida publicada").click()
        visit.page.locator(".pqr-card").first.wait_for()
        assert visit.settled().heading == "Resumen"


def test_tables_can_be_saved(visits, local):
    """What Excel opens with two clicks in Colombia: UTF-8 with its mark and semicolons."""
    visit = visits(f"{local.url}/terminos")
    with visit.page.expect_download() as saved:
        visit.page.get_by_role("button", name="Descargar CSV").first.click()
    data = saved.value.path().read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert b";" in data.splitlines()[0]
    assert len(data.splitlines()) > 2
