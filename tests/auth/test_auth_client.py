"""The dashboard's side of the login, against the stand-in over HTTP and against servers that misbehave."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import jwt
import pytest
from pydantic import SecretStr

from pqr_common.errors import InvalidSettings
from pqr_common.process.settings import Settings
from pqr_dashboard.access.auth import ADDRESS_HEADER, Auth, AuthUnavailable, TooManyAttempts, WrongCredentials
from pqr_dashboard.access.tokens import Forged, NoRole

numbers = itertools.count()
PASSWORD = "una-contraseña-larga"
HERE = "192.0.2.1"


def client_of(server, **changes):
    settings = Settings.read(auth_url=server.url, auth_jwt_secret=SecretStr(server.secret))
    return Auth(settings.with_(**changes))


@pytest.fixture
def auth(auth_server):
    return client_of(auth_server)


@pytest.fixture
def email(auth_server):
    """An analyst of this test alone."""
    return somebody(auth_server, app_metadata={"role": "analyst"})


def somebody(server, **metadata):
    return server.seed(f"c{next(numbers)}@entidad.example", PASSWORD, **metadata)["email"]


def test_signing_in_gives_the_person_and_the_role(auth, email):
    """What the verified token says, and tokens that no text of the grant shows."""
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    assert (grant.claims.email, grant.claims.role) == (email, "analyst")
    assert grant.access_token not in repr(grant)
    assert grant.refresh_token not in repr(grant)


@pytest.mark.parametrize("given", ["otra", "", "' or 1=1 --"])
def test_a_wrong_password_and_an_unknown_person_are_the_same(auth, email, given):
    """One error for both, so that the page cannot tell either."""
    with pytest.raises(WrongCredentials) as wrong:
        auth.sign_in(email, given, address=HERE)
    with pytest.raises(WrongCredentials) as unknown:
        auth.sign_in("nadie@entidad.example", given, address=HERE)
    assert str(wrong.value) == str(unknown.value)


@pytest.mark.parametrize(
    "metadata",
    [{}, {"user_metadata": {"role": "operator"}}, {"app_metadata": {"role": "local"}}, {"app_metadata": {"role": "x"}}],
    ids=["no role", "in user_metadata", "local", "unknown"],
)
def test_who_has_no_role_is_not_signed_in(auth_server, auth, metadata):
    """Whatever they wrote about themselves."""
    email = somebody(auth_server, **metadata)
    with pytest.raises(NoRole):
        auth.sign_in(email, PASSWORD, address=HERE)


def test_a_token_that_holds_is_kept(auth, email):
    """Nothing is asked of Auth at each rerun."""
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    assert auth.current(grant, address=HERE) is grant


@pytest.mark.parametrize("lifetime", [-60, 30], ids=["past its time", "shortly before"])
def test_a_token_is_renewed_and_its_refresh_token_with_it(auth_with, lifetime):
    """Rotation: each renewal brings both anew, and the role as it is now."""
    server = auth_with(lifetime=900)
    email = somebody(server, app_metadata={"role": "analyst"})
    auth = client_of(server)
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    old = aged(grant, server, lifetime)
    renewed = auth.current(old, address=HERE)
    assert renewed.refresh_token != grant.refresh_token
    assert renewed.claims.expires_at > time.time() + 800
    assert auth.current(aged(renewed, server, lifetime), address=HERE).refresh_token != renewed.refresh_token


def aged(grant, server, seconds_left):
    """The grant when its token has that long to live."""
    claims = jwt.decode(grant.access_token, server.secret, algorithms=["HS256"], audience="authenticated")
    claims["exp"] = int(time.time()) + seconds_left
    return replace(grant, access_token=jwt.encode(claims, server.secret, algorithm="HS256"))


def test_a_session_that_was_ended_is_not_renewed(auth, auth_server, email):
    """Signed out elsewhere, or the account deleted: back to the login."""
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    auth.sign_out(grant, address=HERE)
    with pytest.raises(WrongCredentials):
        auth.current(aged(grant, auth_server, -60), address=HERE)


def test_signing_out_ends_a_session_whose_token_is_past_its_time(auth, auth_server, email):
    """Auth ends a session for who shows a token that holds, so one is fetched for it."""
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    auth.sign_out(aged(grant, auth_server, -60), address=HERE)
    with pytest.raises(WrongCredentials):
        auth.current(aged(grant, auth_server, -60), address=HERE)


def test_a_stolen_refresh_token_ends_the_family(auth, auth_server, email):
    """The old one used again after two renewals: neither the thief nor the owner goes on."""
    first = auth.sign_in(email, PASSWORD, address=HERE)
    second = auth.current(aged(first, auth_server, -60), address=HERE)
    third = auth.current(aged(second, auth_server, -60), address=HERE)
    for grant in (first, third):
        with pytest.raises(WrongCredentials):
            auth.current(aged(grant, auth_server, -60), address=HERE)


def test_a_role_that_was_taken_away_is_gone_with_the_next_renewal(auth, auth_server, email):
    """The role is the token's, and a token is short."""
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    user = grant.claims.email
    listed = httpx.get(f"{auth_server.url}/admin/users", params={"per_page": 1000}, headers=auth_server.admin())
    found = next(u for u in listed.json()["users"] if u["email"] == user)
    change = {"app_metadata": {"role": None}}
    httpx.put(f"{auth_server.url}/admin/users/{found['id']}", json=change, headers=auth_server.admin())
    with pytest.raises(NoRole):
        auth.current(aged(grant, auth_server, -60), address=HERE)


def test_another_secret_than_auths_opens_nothing(auth_server, email):
    """What Auth answers is believed only when its token proves it."""
    with pytest.raises(Forged):
        client_of(auth_server, auth_jwt_secret=SecretStr("y" * 40)).sign_in(email, PASSWORD, address=HERE)


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [({"auth_issuer": "http://auth.test"}, True), ({"auth_issuer": "http://other.test"}, False),
     ({"auth_audience": "anon"}, False)],
)  # fmt: skip
def test_issuer_and_audience_are_held_to_the_settings(auth_server, email, changes, is_taken):
    """Asked of every token, that of the sign-in too."""
    client = client_of(auth_server, **changes)
    if is_taken:
        assert client.sign_in(email, PASSWORD, address=HERE).claims.role == "analyst"
    else:
        with pytest.raises(Forged):
            client.sign_in(email, PASSWORD, address=HERE)


def test_auth_down_is_told_apart(auth_with):
    """Who is signed in stays while the token holds; who is not, cannot; signing out still works."""
    server = auth_with()
    auth, email = client_of(server), somebody(server, app_metadata={"role": "analyst"})
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    server.stop()
    with pytest.raises(AuthUnavailable):
        auth.sign_in(email, PASSWORD, address=HERE)
    with pytest.raises(AuthUnavailable):
        auth.current(aged(grant, server, -60), address=HERE)
    near_its_end = aged(grant, server, 30)
    assert auth.current(near_its_end, address=HERE) is near_its_end
    auth.sign_out(grant, address=HERE)


def test_attempts_are_counted_by_address(auth_with):
    """Thirty at once, and then few; whoever is elsewhere is not hindered, nor who is signed in."""
    server = auth_with(limited_by=ADDRESS_HEADER)
    auth, email = client_of(server), somebody(server, app_metadata={"role": "analyst"})
    grant = auth.sign_in(email, PASSWORD, address=HERE)
    refused = []
    for _ in range(40):
        with pytest.raises((WrongCredentials, TooManyAttempts)) as found:
            auth.sign_in(email, "otra", address=HERE)
        refused.append(found.type)
    assert refused[:29] == [WrongCredentials] * 29
    assert TooManyAttempts in refused
    with pytest.raises(TooManyAttempts):
        auth.current(aged(grant, server, -60), address=HERE)
    near_its_end = aged(grant, server, 30)
    assert auth.current(near_its_end, address=HERE) is near_its_end
    assert auth.sign_in(email, PASSWORD, address="192.0.2.2").claims.role == "analyst"
    assert auth.current(aged(grant, server, -60), address="192.0.2.2").claims.role == "analyst"


@pytest.fixture
def answering():
    """A server that always gives the same answer."""
    servers = []

    def start(status, body):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        settings = Settings.read(
            auth_url=f"http://127.0.0.1:{server.server_address[1]}", auth_jwt_secret=SecretStr("z" * 40)
        )
        return Auth(settings)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, b'{"code":429,"error_code":"over_request_rate_limit","msg":""}', TooManyAttempts),
        (500, b'{"code":500,"error_code":"unexpected_failure","msg":""}', AuthUnavailable),
        (502, b"<html>bad gateway</html>", AuthUnavailable),
        (404, b"404 page not found", AuthUnavailable),
        (200, b"<html>a captive portal</html>", AuthUnavailable),
        (200, b"[]", AuthUnavailable),
        (200, b"{}", Forged),
        (200, b'{"access_token": 7, "refresh_token": null}', Forged),
    ],
)
def test_whatever_comes_is_one_of_our_errors(answering, status, body, error):
    """No answer of a server ends in a traceback."""
    with pytest.raises(error):
        answering(status, body).sign_in("a@entidad.example", "x", address=HERE)


@pytest.mark.parametrize("secret", [None, "short"])
def test_without_a_secret_nothing_starts(secret):
    """It could believe nobody; said at the start, with what to set."""
    settings = Settings.read(auth_url="http://127.0.0.1:1", auth_jwt_secret=secret and SecretStr(secret))
    with pytest.raises(InvalidSettings, match=r"PQR_AUTH_JWT_SECRET .* found"):
        Auth(settings)


def test_the_dashboard_without_auth_is_for_this_machine(capsys):
    """Another address than loopback is refused before anything listens."""
    from pqr_dashboard.__main__ import main

    assert main(["--host", "0.0.0.0", "--port", "1"]) == 2
    assert "PQR_AUTH_URL" in capsys.readouterr().err


def test_the_dashboard_with_half_of_auth_does_not_start(monkeypatch, capsys):
    """A URL without the secret is no login."""
    from pqr_dashboard.__main__ import main

    monkeypatch.setenv("PQR_AUTH_URL", "http://127.0.0.1:1")
    assert main(["--host", "0.0.0.0", "--port", "1"]) == 2
    assert "PQR_AUTH_JWT_SECRET" in capsys.readouterr().err
