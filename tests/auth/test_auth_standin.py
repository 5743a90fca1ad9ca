"""The stand-in for Supabase Auth answers as GoTrue does, as far as this project asks. The real one: tests/stack."""

from __future__ import annotations

import itertools

import httpx
import jwt
import pytest

numbers = itertools.count()
PASSWORD = "una-contraseña-larga"


@pytest.fixture
def api(auth_server):
    with httpx.Client(base_url=auth_server.url) as client:
        yield client


@pytest.fixture
def person(auth_server):
    """A user of this test alone."""
    return auth_server.seed(f"p{next(numbers)}@entidad.example", PASSWORD, app_metadata={"role": "analyst"})


def sign_in(api, email, password=PASSWORD):
    return api.post("/token", params={"grant_type": "password"}, json={"email": email, "password": password})


def refresh(api, token):
    return api.post("/token", params={"grant_type": "refresh_token"}, json={"refresh_token": token})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_password_is_answered_with_a_pair_of_tokens(api, auth_server, person):
    """The claims are GoTrue's, the signature HS256; e-mails do not care about case."""
    answer = sign_in(api, person["email"].upper()).json()
    found = jwt.decode(answer["access_token"], auth_server.secret, algorithms=["HS256"], audience="authenticated")
    assert found["sub"] == person["id"]
    assert found["app_metadata"] == {"provider": "email", "providers": ["email"], "role": "analyst"}
    assert {"iss", "exp", "iat", "email", "user_metadata", "role", "aal", "amr", "session_id"} <= set(found)
    assert answer["token_type"] == "bearer"
    assert answer["expires_at"] == found["exp"]
    assert answer["user"]["email"] == person["email"]


def test_a_wrong_password_and_an_unknown_person_are_answered_alike(api, person):
    """400 with the same words, so that nobody learns who has an account."""
    wrong = sign_in(api, person["email"], "otra").json()
    assert wrong == {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    assert sign_in(api, "nobody@entidad.example").json() == wrong
    assert sign_in(api, "nobody@entidad.example").status_code == 400
    assert sign_in(api, "").json()["error_code"] == "validation_failed"


def test_a_refresh_token_works_once(api, person):
    """Each renewal gives another; its parent may ask again for what was lost, an older one ends the family."""
    first = sign_in(api, person["email"]).json()["refresh_token"]
    second = refresh(api, first).json()["refresh_token"]
    assert refresh(api, first).json()["refresh_token"] == second
    third = refresh(api, second).json()["refresh_token"]
    assert len({first, second, third}) == 3
    reused = refresh(api, first)
    assert (reused.status_code, reused.json()["error_code"]) == (400, "refresh_token_already_used")
    assert refresh(api, third).status_code == 400
    assert refresh(api, "unknown-to-us").json()["error_code"] == "validation_failed"
    assert refresh(api, "unknown-to-it"[:12]).json()["error_code"] == "refresh_token_not_found"


def test_signing_out_here_leaves_the_session_elsewhere(api, person):
    """Scope local ends one session with its refresh token, no scope ends all of them."""
    here, there, third = (sign_in(api, person["email"]).json() for _ in range(3))
    assert api.post("/logout", params={"scope": "local"}, headers=bearer(here["access_token"])).status_code == 204
    assert refresh(api, here["refresh_token"]).status_code == 400
    gone = api.get("/user", headers=bearer(here["access_token"]))
    assert (gone.status_code, gone.json()["error_code"]) == (403, "session_not_found")
    assert api.get("/user", headers=bearer(there["access_token"])).json()["id"] == person["id"]
    assert api.post("/logout", headers=bearer(there["access_token"])).status_code == 204
    assert refresh(api, third["refresh_token"]).status_code == 400


def test_only_the_service_role_administers(api, person):
    """A user's token is refused, whatever it says about its owner; so is none, and one of another secret."""
    token = sign_in(api, person["email"]).json()["access_token"]
    forged = jwt.encode({"role": "service_role", "exp": 4_000_000_000}, "x" * 40, algorithm="HS256")
    unsigned = jwt.encode({"role": "service_role", "exp": 4_000_000_000}, None, algorithm="none")
    answers = [api.get("/admin/users", headers=bearer(given)) for given in (token, forged, unsigned)]
    assert [(a.status_code, a.json()["error_code"]) for a in answers] == [
        (403, "not_admin"), (403, "bad_jwt"), (403, "bad_jwt"),
    ]  # fmt: skip
    assert api.get("/admin/users").status_code == 401


def test_an_address_is_taken_once(api, auth_server, person):
    """422 email_exists, which a job that seeds takes for done."""
    answer = api.post(
        "/admin/users", json={"email": person["email"], "password": PASSWORD}, headers=auth_server.admin()
    )
    assert (answer.status_code, answer.json()["error_code"]) == (422, "email_exists")


def test_a_new_password_ends_what_the_old_one_began(api, auth_server, person):
    """Metadata is merged, sessions are gone."""
    before = sign_in(api, person["email"]).json()
    body = {"password": "otra-contraseña", "app_metadata": {"role": "operator"}}
    changed = api.put(f"/admin/users/{person['id']}", json=body, headers=auth_server.admin()).json()
    assert changed["app_metadata"] == {"provider": "email", "providers": ["email"], "role": "operator"}
    assert refresh(api, before["refresh_token"]).status_code == 400
    assert sign_in(api, person["email"]).status_code == 400
    assert sign_in(api, person["email"], "otra-contraseña").status_code == 200
    assert api.delete(f"/admin/users/{person['id']}", headers=auth_server.admin()).status_code == 200
    assert sign_in(api, person["email"], "otra-contraseña").status_code == 400


def test_nothing_shows_a_password(api, auth_server, person):
    """Neither the list nor the user has its hash."""
    listed = api.get("/admin/users", params={"per_page": 1000}, headers=auth_server.admin())
    assert person["id"] in {user["id"] for user in listed.json()["users"]}
    assert "scrypt" not in listed.text
    assert "password" not in listed.text


def test_what_is_open_to_all(api):
    """Health, settings, and no key to publish, since the secret is shared."""
    assert api.get("/health").json()["name"] == "GoTrue"
    assert api.head("/health").status_code == 405
    assert api.get("/settings").json()["disable_signup"] is True
    assert api.get("/.well-known/jwks.json").json() == {"keys": []}
    assert api.post("/signup", json={}).status_code == 404


@pytest.mark.integration
def test_users_and_sessions_outlive_a_restart(platform, auth_with):
    """They lie in Postgres, in the schema auth, as in the stack; the password as a hash only."""
    import psycopg

    server = auth_with(dsn=platform.dsn)
    person = server.seed("outlives@entidad.example", PASSWORD)
    with httpx.Client(base_url=server.url) as api:
        token = sign_in(api, person["email"]).json()["refresh_token"]
    server.stop()
    again = auth_with(dsn=platform.dsn, port=server.port)
    with httpx.Client(base_url=again.url) as api:
        assert refresh(api, token).status_code == 200
    again.stop()
    with psycopg.connect(platform.dsn) as opened:
        stored = opened.execute("select value from auth.standin where kind = 'user'").fetchone()[0]
    assert PASSWORD not in str(stored)
