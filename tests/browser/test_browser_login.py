"""Who may see what, as a person with a browser meets it."""

from __future__ import annotations

import time

import httpx
import jwt
import pytest

from pqr_dashboard.access.auth import ADDRESS_HEADER
from pqr_dashboard.access.menu import PAGES, menu_of

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]

WRONG = "El correo o la contraseña no son correctos."
NO_ROLE = "Su cuenta no tiene un rol en este tablero."
NOT_YOURS = "Esta página no está disponible para su rol"
HIDDEN = [entry for entry in PAGES if entry not in menu_of("executive")]


def titles(role):
    return [entry.title for entry in menu_of(role)]


def shows_only_the_login(visit):
    assert visit.heading == "Ingreso"
    assert visit.menu == []
    assert visit.page.get_by_label("Contraseña", exact=True).is_visible()
    assert not [entry.title for entry in PAGES if entry.title in visit.text]
    assert visit.page.query_selector("canvas, svg.marks, table, .pqr-card") is None


@pytest.mark.parametrize("path", ["", "operacion", "resumen", "no-existe"])
def test_without_a_session_there_is_the_login_and_nothing_else(visits, behind_login, path):
    """Whatever the address says, and whoever was the first to ask."""
    shows_only_the_login(visits(f"{behind_login.url}/{path}"))


@pytest.mark.parametrize("email", ["ejecutivo@entidad.example", "nadie@entidad.example"])
def test_a_wrong_password_says_the_same_of_everybody(visits, behind_login, email):
    """Nobody learns from it who has an account; nothing opens."""
    visit = visits(behind_login.url).sign_in(email, "otra")
    assert WRONG in visit.text
    shows_only_the_login(visit)


@pytest.mark.parametrize("email", ["sin-rol@entidad.example", "atrevido@entidad.example"])
def test_who_has_no_role_sees_why_and_nothing_else(visits, behind_login, email):
    """A role that somebody wrote into what is theirs to write is no role."""
    visit = visits(behind_login.url).sign_in(email)
    assert NO_ROLE in visit.text
    shows_only_the_login(visit)


def test_nothing_is_asked_with_empty_hands(visits, behind_login):
    """An empty form is answered on the spot."""
    visit = visits(behind_login.url).sign_in("", "")
    assert "Escriba su correo y su contraseña." in visit.text


@pytest.mark.parametrize("role", ["executive", "analyst", "operator"])
def test_each_role_has_its_pages(visits, behind_login, role):
    """The menu holds them and no other; who is signed in stands beside it; signing out closes the door."""
    from_roles = {"executive": "ejecutivo", "analyst": "analista", "operator": "operador"}
    visit = visits(behind_login.url).sign_in(f"{from_roles[role]}@entidad.example")
    assert visit.menu == titles(role)
    assert f"{from_roles[role]}@entidad.example" in visit.text
    visit.page.get_by_role("button", name="Cerrar sesión").click()
    visit.page.get_by_label("Contraseña", exact=True).wait_for()
    assert "Cerró la sesión." in visit.settled().text
    shows_only_the_login(visit)


@pytest.mark.parametrize("entry", HIDDEN, ids=lambda entry: entry.path)
def test_the_address_of_a_page_one_may_not_see_shows_nothing_of_it(visits, behind_login, entry):
    """Signed in at that address: a sentence, the menu of the role, and no figure, table or control of the page."""
    visit = visits(f"{behind_login.url}/{entry.path}").sign_in("ejecutivo@entidad.example")
    assert NOT_YOURS in visit.text
    assert visit.menu == titles("executive")
    assert visit.heading == "PQRSD"
    main = visit.page.locator('[data-testid="stMain"]')
    assert main.locator("canvas, svg.marks, table, input, .pqr-card").count() == 0


def test_after_signing_in_one_is_where_the_address_said(visits, behind_login):
    """A link sent to a colleague leads there, by way of the login."""
    visit = visits(f"{behind_login.url}/terminos").sign_in("ejecutivo@entidad.example")
    assert visit.heading == "Términos"


def test_tokens_never_reach_the_browser(visits, behind_login):
    """No cookie, no storage and no address holds one."""
    visit = visits(behind_login.url).sign_in("ejecutivo@entidad.example")
    stored = visit.page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    cookies = str(visit.page.context.cookies())
    assert "eyJ" not in stored + cookies + visit.page.url + visit.page.content()


@pytest.fixture
def short_lived(dashboards, published, auth_with):
    """Tokens that are past their time by two of the five seconds that clocks may differ: renewed at every click."""
    auth = auth_with(lifetime=-2, limited_by=ADDRESS_HEADER, attempts=10)
    person = auth.seed("breve@entidad.example", "una-contraseña-larga", app_metadata={"role": "executive"})
    dashboard = dashboards(dashboard_dsn=published, auth_url=auth.url, auth_jwt_secret=auth.secret)
    return dashboard, auth, person


def test_a_session_lives_as_long_as_auth_renews_it(visits, short_lived):
    """A token past its time is renewed unseen; once the account is gone, or Auth is, the login says so."""
    dashboard, auth, person = short_lived
    visit = visits(dashboard.url).sign_in(person["email"])
    time.sleep(4)
    visit.page.get_by_role("link", name="Términos").click()
    visit.page.get_by_role("heading", level=1, name="Términos").wait_for()
    httpx.delete(f"{auth.url}/admin/users/{person['id']}", headers=auth.admin())
    time.sleep(4)
    visit.page.get_by_role("link", name="Resumen").click()
    visit.page.get_by_label("Contraseña", exact=True).wait_for()
    assert "Su sesión terminó. Inicie sesión de nuevo." in visit.settled().text
    shows_only_the_login(visit)
    auth.stop()
    visit.sign_in(person["email"])  # what was said before still stands for a moment
    visit.page.get_by_text("El servicio de inicio de sesión no responde.").wait_for()
    shows_only_the_login(visit)


def test_too_many_attempts_end_no_session(visits, short_lived):
    """Whoever hammers at the login from the same address: the page waits, and goes on by itself."""
    dashboard, auth, person = short_lived
    visit = visits(dashboard.url).sign_in(person["email"])
    wrong = {"email": person["email"], "password": "otra"}
    for _ in range(40):
        httpx.post(f"{auth.url}/token?grant_type=password", json=wrong, headers={ADDRESS_HEADER: "127.0.0.1"})
    time.sleep(4)
    visit.page.get_by_role("link", name="Términos").click()
    visit.page.get_by_text("Esta página sigue sola en cuanto sea posible.").wait_for()
    assert not visit.page.get_by_label("Contraseña", exact=True).is_visible()
    visit.page.get_by_role("heading", level=1, name="Términos").wait_for()


def test_a_forged_cookie_or_header_opens_nothing(visits, behind_login):
    """The door looks at the session it keeps itself, at nothing that a browser brings."""
    claims = {"sub": "1", "aud": "authenticated", "exp": 4_000_000_000, "app_metadata": {"role": "operator"}}
    token = jwt.encode(claims, "a-secret-that-auth-has-never-heard-of", algorithm="HS256")
    visit = visits(extra_http_headers={"Authorization": f"Bearer {token}"})
    names = ("access_token", "sb-access-token", "pqr-grant")
    visit.page.context.add_cookies([{"name": name, "value": token, "url": behind_login.url} for name in names])
    shows_only_the_login(visit.open(f"{behind_login.url}/operacion?access_token={token}&role=operator"))
