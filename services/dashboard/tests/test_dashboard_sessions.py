"""Sessions that outlive a window: who holds a ticket or a secret, for how long, and the cookie that carries it."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette

from pqr_dashboard.access.auth import Grant
from pqr_dashboard.access.cookie import PLAIN, ROUTES, SECURE, TICKET
from pqr_dashboard.access.sessions import IDLE_SECONDS, SESSIONS, TICKET_SECONDS, Sessions
from pqr_dashboard.access.tokens import Claims

GRANT = Grant(Claims("analista@entidad.example", "analyst", 0), "access", "refresh")
HTTP, HTTPS = "http://127.0.0.1:8501", "https://tablero.entidad.example"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(clock)


def same(grant):
    return grant


def test_a_ticket_is_good_once(sessions):
    """And the secret that it gives is another one, of which the window never hears."""
    ticket = sessions.admit(GRANT)
    secret = sessions.redeem(ticket)
    assert sessions.current(secret, same) is GRANT
    assert secret != ticket
    assert sessions.redeem(ticket) is None
    assert sessions.current(ticket, same) is None


def test_a_late_ticket_is_good_for_nothing(sessions, clock):
    """The browser comes at once or not at all."""
    ticket = sessions.admit(GRANT)
    clock.now += TICKET_SECONDS + 1
    assert sessions.redeem(ticket) is None


def test_what_nobody_uses_ends_with_the_working_day(sessions, clock):
    """Every look begins the time anew."""
    secret = sessions.redeem(sessions.admit(GRANT))
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        assert sessions.current(secret, same) is GRANT
    clock.now += IDLE_SECONDS + 1
    assert sessions.current(secret, same) is None
    assert not sessions.is_live(secret)


def test_an_ended_session_is_nobodys(sessions):
    """Once it is known what to revoke."""
    secret = sessions.redeem(sessions.admit(GRANT))
    assert sessions.end(secret) is GRANT
    assert sessions.end(secret) is None
    assert sessions.current(secret, same) is None


def test_one_window_renews_at_a_time(sessions):
    """Each of eight gets what the one before it was given: a refresh token that is shown twice ends its family."""
    secret = sessions.redeem(sessions.admit(GRANT))
    busy, shown = threading.Lock(), []

    def renewed(grant):
        assert busy.acquire(blocking=False)
        shown.append(grant.refresh_token)
        time.sleep(0.01)
        busy.release()
        return Grant(grant.claims, "access", f"{grant.refresh_token}'")

    with ThreadPoolExecutor(8) as windows:
        list(windows.map(lambda _: sessions.current(secret, renewed), range(8)))
    assert shown == ["refresh" + "'" * n for n in range(8)]


def asked(method, **headers):
    """What a browser with these headers is answered; asked from a thread of its own: browser tests have a loop in ours."""

    async def ask():
        door = httpx.ASGITransport(Starlette(routes=list(ROUTES)))
        async with httpx.AsyncClient(transport=door, base_url=HTTP) as client:
            return await client.request(method, "/sesion", headers=headers)

    with ThreadPoolExecutor(1) as own:
        return own.submit(lambda: asyncio.run(ask())).result()


def entered(origin):
    """The header that sets the cookie of who was admitted."""
    (said,) = asked("POST", Origin=origin, **{TICKET: SESSIONS.admit(GRANT)}).headers.get_list("set-cookie")
    return said


@pytest.mark.parametrize(("origin", "name", "is_secure"), [(HTTP, PLAIN, False), (HTTPS, SECURE, True)])
def test_the_cookie_is_not_for_scripts_nor_for_other_sites(origin, name, is_secure):
    """Behind TLS it is never sent without, and no other host of the domain can have set it."""
    named, *attributes = entered(origin).split("; ")
    assert named.split("=")[0] == name
    assert {"HttpOnly", "Path=/", "SameSite=strict"} == set(attributes) - {"Secure"}  # and it goes with the browser
    assert ("Secure" in attributes) is is_secure


@pytest.mark.parametrize("headers", [{}, {TICKET: "guessed"}], ids=["no ticket", "no such ticket"])
def test_nobody_enters_without_a_ticket(headers):
    """Nothing is set."""
    answer = asked("POST", Origin=HTTP, **headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_page_of_another_site_may_not_ask(method):
    """A browser asks first whether it may send that header or method, and is not told so."""
    first = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": TICKET}
    answer = asked("OPTIONS", Origin="https://elsewhere.example", **first)
    assert answer.is_client_error
    assert "access-control-allow-origin" not in answer.headers


def test_only_a_cookie_that_opens_nothing_is_taken_away():
    """A window that was late to hear of another's sign-in does not end it."""
    secret = entered(HTTP).split(";")[0].split("=", 1)[1]
    mine = {"Origin": HTTP, "Cookie": f"{PLAIN}={secret}"}
    assert "set-cookie" not in asked("DELETE", **mine).headers
    SESSIONS.end(secret)
    gone = asked("DELETE", **mine).headers["set-cookie"]
    assert gone.startswith(f'{PLAIN}=""; ')
    assert "Max-Age=0" in gone
