"""The job that seeds Auth makes one user a role, once, and mends what was changed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import httpx
import jwt
import pytest

from pqr_dashboard.access.menu import LOCAL, ROLES

ROOT = Path(__file__).parents[2]
PASSWORDS = {"AUTH_PASSWORD_EXECUTIVE": "la-del-directivo", "AUTH_PASSWORD_ANALYST": "la-del-analista",
             "AUTH_PASSWORD_OPERATOR": "la-del-operador"}  # fmt: skip


@pytest.fixture(scope="module")
def job():
    spec = importlib.util.spec_from_file_location("auth_bootstrap", ROOT / "deploy/bootstrap/auth.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def empty_auth(auth_with, monkeypatch):
    """An Auth without users, and the job's environment."""
    server = auth_with()
    for name, value in {**PASSWORDS, "PQR_AUTH_URL": server.url, "AUTH_JWT_SECRET": server.secret}.items():
        monkeypatch.setenv(name, value)
    return server


def users(server):
    return httpx.get(f"{server.url}/admin/users", headers=server.admin()).json()["users"]


def password_opens(server, email, password):
    body = {"email": email, "password": password}
    return httpx.post(f"{server.url}/token", params={"grant_type": "password"}, json=body)


def test_a_second_time_changes_nothing(job, empty_auth, capsys):
    """Nobody is made twice, and no session ends."""
    job.main()
    assert capsys.readouterr().out.count("created") == 3
    tried = {"updated_at": None, "last_sign_in_at": None}  # its passwords are tried
    before = [user | tried for user in users(empty_auth)]
    job.main()
    assert capsys.readouterr().out.count("unchanged") == 3
    assert [user | tried for user in users(empty_auth)] == before


def test_each_role_of_the_dashboard_has_somebody(job, empty_auth):
    """The roles of the menu, on a domain that can belong to nobody, each with its own password."""
    assert set(job.USERS) == set(ROLES) - {LOCAL}
    job.main()
    for role, (email, variable) in job.USERS.items():
        answer = password_opens(empty_auth, email, PASSWORDS[variable]).json()
        found = jwt.decode(answer["access_token"], empty_auth.secret, algorithms=["HS256"], audience="authenticated")
        assert found["app_metadata"]["role"] == role
        assert email.endswith(".example")


def test_a_changed_role_and_a_changed_password_are_mended(job, empty_auth, capsys):
    """What the environment says holds; who is right already is left alone."""
    job.main()
    analyst, operator = (
        next(u for u in users(empty_auth) if u["email"] == job.USERS[r][0]) for r in ("analyst", "operator")
    )
    for user, change in ((analyst, {"app_metadata": {"role": "operator"}}), (operator, {"password": "otra-de-nadie"})):
        httpx.put(f"{empty_auth.url}/admin/users/{user['id']}", json=change, headers=empty_auth.admin())
    capsys.readouterr()
    job.main()
    out = capsys.readouterr().out
    assert out.count("updated") == 2
    assert out.count("unchanged") == 1
    assert password_opens(empty_auth, operator["email"], PASSWORDS["AUTH_PASSWORD_OPERATOR"]).is_success


def test_it_finds_its_users_behind_many_others(job, empty_auth, capsys, monkeypatch):
    """The list comes in pages."""
    monkeypatch.setattr(job, "PER_PAGE", 2)
    job.main()
    for number in range(5):
        empty_auth.seed(f"otro{number}@entidad.example", "una-cualquiera")
    capsys.readouterr()
    job.main()
    assert capsys.readouterr().out.count("unchanged") == 3


def test_a_wrong_secret_ends_it_with_what_to_look_at(job, empty_auth, monkeypatch):
    """One sentence, and an exit code that has it started again."""
    monkeypatch.setenv("AUTH_JWT_SECRET", "another-secret-of-some-other-stack")
    with pytest.raises(SystemExit, match=r"found 403 .*docker compose logs auth"):
        job.main()


def test_a_missing_password_is_no_password(job, empty_auth, monkeypatch):
    """There is no default to fall back to."""
    monkeypatch.delenv("AUTH_PASSWORD_ANALYST")
    with pytest.raises(KeyError, match="AUTH_PASSWORD_ANALYST"):
        job.main()
    assert users(empty_auth) == []
