"""Auth in the stack: whom its job seeded may sign in, each as what they are, and nobody else."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from pqr_common.process.settings import Settings
from pqr_dashboard.access.auth import Auth, TooManyAttempts, WrongCredentials

ROOT = Path(__file__).parents[2]
HERE = "192.0.2.1"


@pytest.fixture(scope="module")
def users() -> dict[str, tuple[str, str]]:
    """By role: the e-mail, and the variable of .env with the password."""
    spec = importlib.util.spec_from_file_location("seeding", ROOT / "deploy/bootstrap/auth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module.USERS


@pytest.fixture
def auth(stack) -> Auth:
    values = stack.values
    address = f"http://127.0.0.1:{values['PQR_PORT_AUTH']}"
    return Auth(Settings.read(auth_url=address, auth_jwt_secret=SecretStr(values["AUTH_JWT_SECRET"])))


def test_who_was_seeded_signs_in_as_what_they_are(stack, auth, users):
    """The passwords are those of .env, the tokens verify with its secret, the role is that of app_metadata."""
    values = stack.values
    for role, (email, variable) in users.items():
        grant = auth.sign_in(email, values[variable], address=HERE)
        assert (grant.claims.email, grant.claims.role) == (email, role)
        assert auth.current(grant, address=HERE) == grant
        auth.sign_out(grant, address=HERE)


def test_nobody_else_does(stack, auth, users):
    """Neither with another's password, nor by signing up."""
    values = stack.values
    with pytest.raises(WrongCredentials):
        auth.sign_in(users["operator"][0], values[users["analyst"][1]], address=HERE)
    body = {"email": "nadie@entidad.example", "password": "una-contraseña-larga"}
    answer = httpx.post(f"http://127.0.0.1:{values['PQR_PORT_AUTH']}/signup", json=body)
    assert answer.is_client_error
    with pytest.raises(WrongCredentials):
        auth.sign_in(body["email"], body["password"], address=HERE)


def test_guessing_is_slow(auth, users):
    """Auth counts the attempts of each address that the dashboard names."""
    found = []
    for _ in range(60):
        with pytest.raises((WrongCredentials, TooManyAttempts)) as refused:
            auth.sign_in(users["analyst"][0], "otra", address="192.0.2.60")
        found.append(refused.type)
    assert found.count(WrongCredentials) < 45
    with pytest.raises(WrongCredentials):
        auth.sign_in(users["analyst"][0], "otra", address="192.0.2.61")


def test_prometheus_sees_auth_and_the_dashboard(stack):
    """Both answer when they are asked how they are."""
    for service in ("auth", "dashboard"):
        assert [found["value"][1] for found in stack.prometheus(f'max(up{{service="{service}"}})')] == ["1"]
