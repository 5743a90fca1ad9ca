"""Who signed in stays so over a reload, in another window and when the socket falls, until they sign out."""

from __future__ import annotations

import time

import pytest

from pqr_dashboard.access.cookie import PLAIN
from pqr_dashboard.access.menu import menu_of

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]

ANALYST = "analista@entidad.example"
MENU = [entry.title for entry in menu_of("analyst")]
SOCKETS = """(() => {
  const Socket = window.WebSocket;
  window.sockets = [];
  window.WebSocket = class extends Socket { constructor(...given) { super(...given); window.sockets.push(this); } };
})()"""
PATIENCE_SECONDS = 10


def is_analyst(visit):
    assert visit.menu == MENU
    assert ANALYST in visit.text


def is_out(visit):
    visit.page.get_by_label("Contraseña", exact=True).wait_for()
    assert visit.settled().menu == []


def kept(visit):
    """The cookie that keeps a session, as the browser has it."""
    return [cookie for cookie in visit.page.context.cookies() if cookie["name"] == PLAIN]


def signed_out(visit):
    visit.page.get_by_role("button", name="Cerrar sesión").click()
    is_out(visit)


def test_a_reload_and_a_new_window_keep_the_session(visits, behind_login):
    """The same person, menu and page; another browser has nothing of it."""
    visit = visits(f"{behind_login.url}/terminos").sign_in(ANALYST)
    visit.page.reload()
    is_analyst(visit.settled())
    assert visit.heading == "Términos"
    is_analyst(visits(f"{behind_login.url}/simulador"))
    is_out(visits(behind_login.url, color_scheme="dark"))


def test_no_script_reads_the_cookie_and_it_is_no_token(visits, behind_login):
    """What a browser keeps is a secret of this dashboard alone."""
    visit = visits(behind_login.url).sign_in(ANALYST)
    (cookie,) = kept(visit)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["value"] not in visit.page.evaluate("() => document.cookie") + visit.page.content()


@pytest.fixture
def forgetful(dashboards, published, seeded_auth, monkeypatch):
    """A dashboard that forgets a window a second after its socket fell; Streamlit gives it two minutes."""
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "1")
    return dashboards(dashboard_dsn=published, auth_url=seeded_auth.url, auth_jwt_secret=seeded_auth.secret)


@pytest.mark.parametrize("seconds", [0, 4], ids=["for a moment", "until the window is forgotten"])
def test_a_socket_that_falls_ends_no_session(visits, forgetful, seconds):
    """The window finds back by itself, and goes on."""
    visit = visits()
    visit.page.add_init_script(SOCKETS)
    visit.open(forgetful.url).sign_in(ANALYST)
    visit.page.context.set_offline(seconds > 0)
    visit.page.evaluate("() => sockets.forEach((socket) => socket.close())")
    visit.page.wait_for_timeout(seconds * 1000)
    visit.page.context.set_offline(False)
    visit.page.wait_for_function("() => sockets.length > 1 && sockets.at(-1).readyState === WebSocket.OPEN")
    visit.page.get_by_role("link", name="Términos").click()
    visit.page.get_by_role("heading", level=1, name="Términos").wait_for()
    is_analyst(visit.settled())
    if seconds:
        visit.troubles.clear()  # that nothing could be asked meanwhile


def test_signing_out_ends_it_in_every_window(visits, behind_login):
    """The browser keeps nothing; another window is out with its next click or reload, and a restored cookie too."""
    first = visits(behind_login.url).sign_in(ANALYST)
    second, third = visits(behind_login.url), visits(behind_login.url)
    cookies = kept(first)
    signed_out(first)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while kept(first) and time.monotonic() < deadline:  # the page stands before the cookie is gone
        first.page.wait_for_timeout(50)
    assert kept(first) == []
    second.page.reload()
    is_out(second)
    third.page.get_by_role("link", name="Términos").click()
    is_out(third)
    assert "Su sesión terminó. Inicie sesión de nuevo." in third.text
    first.page.context.add_cookies(cookies)
    first.page.reload()
    is_out(first)


def test_the_next_who_signs_in_is_who_they_are(visits, behind_login):
    """In the same window, after somebody else: nothing of theirs is left."""
    visit = visits(behind_login.url).sign_in("operador@entidad.example")
    signed_out(visit)
    is_analyst(visit.sign_in(ANALYST))
    visit.page.reload()
    is_analyst(visit.settled())


def test_windows_share_one_token_that_is_renewed(visits, dashboards, published, auth_with):
    """Each click renews it, in whichever window, and an old one is never shown: that would end the session."""
    auth = auth_with(lifetime=-2)
    auth.seed(ANALYST, "una-contraseña-larga", app_metadata={"role": "analyst"})
    url = dashboards(dashboard_dsn=published, auth_url=auth.url, auth_jwt_secret=auth.secret).url
    first = visits(url).sign_in(ANALYST)
    second = visits(url)
    for title in ("Términos", "Territorio y temas", "Solicitudes"):
        for visit in (first, second):
            visit.page.get_by_role("link", name=title).click()
        for visit in (first, second):
            visit.page.get_by_role("heading", level=1, name=title).wait_for()
            is_analyst(visit.settled())
