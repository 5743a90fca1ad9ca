"""Bring Supabase Auth about: a user for each role of the dashboard. Once or again; what is right already stays.

Runs in the image of the dashboard, whose people these are and which has PyJWT. It makes up its own token of the service
role from the secret that signs all of them; the token lives for a minute. Passwords come from the environment and
nowhere else.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

DOMAIN = "entidad.example"
# The role in app_metadata: who signs in, and the variable with the password.
USERS = {
    "executive": (f"ejecutivo@{DOMAIN}", "AUTH_PASSWORD_EXECUTIVE"),
    "analyst": (f"analista@{DOMAIN}", "AUTH_PASSWORD_ANALYST"),
    "operator": (f"operador@{DOMAIN}", "AUTH_PASSWORD_OPERATOR"),
}
TOKEN_LIFETIME_SECONDS = 60
TIMEOUT_SECONDS = 20
PER_PAGE = 100
PAGES_MAX = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A user as it must be."""

    email: str
    password: str
    role: str

    def body(self) -> dict[str, object]:
        return {
            "email": self.email,
            "password": self.password,
            "email_confirm": True,
            "role": "authenticated",  # of the token; what the person may do is in app_metadata
            "app_metadata": {"role": self.role},
        }


def service_token(secret: str) -> str:
    """A token that the admin API takes: it looks at the signature and at `role`."""
    now = int(time.time())
    claims = {"role": "service_role", "iss": "supabase", "iat": now, "exp": now + TOKEN_LIFETIME_SECONDS}
    return jwt.encode(claims, secret, algorithm="HS256")


def seeded(client: httpx.Client, wanted: Wanted) -> str:
    """Make the user so; says what was done: `created`, `updated` or `unchanged`."""
    found = _found(client, wanted.email)
    if found is None:
        _answer(client.post("/admin/users", json=wanted.body()))
        return "created"
    if (found.get("app_metadata") or {}).get("role") == wanted.role and _may_sign_in(client, wanted):
        return "unchanged"
    _answer(client.put(f"/admin/users/{found['id']}", json=wanted.body()))
    return "updated"


def _found(client: httpx.Client, email: str) -> dict[str, Any] | None:
    for page in range(1, PAGES_MAX):
        users: list[dict[str, Any]] = _answer(
            client.get("/admin/users", params={"page": page, "per_page": PER_PAGE})
        ).json()["users"]
        for user in users:
            if user.get("email") == email:
                return user
        if not users:
            break
    return None


def _may_sign_in(client: httpx.Client, wanted: Wanted) -> bool:
    """Whether the password is the right one: setting it again would end everybody's session for nothing."""
    credentials = {"email": wanted.email, "password": wanted.password}
    answer = client.post("/token", params={"grant_type": "password"}, json=credentials)
    if answer.is_success:
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        _answer(client.post("/logout", params={"scope": "local"}, headers=bearer))
    return answer.is_success


def _answer(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise SystemExit(
            f"Auth must take {response.request.method} {response.request.url.path}, found {response.status_code} "
            f"{response.text[:200]}: see `docker compose logs auth`."
        )
    return response


def main() -> None:
    """Every user; a password that is missing ends the job before anything is asked."""
    wanted = [Wanted(email, os.environ[variable], role) for role, (email, variable) in USERS.items()]
    headers = {"Authorization": f"Bearer {service_token(os.environ['AUTH_JWT_SECRET'])}"}
    with httpx.Client(base_url=os.environ["PQR_AUTH_URL"], headers=headers, timeout=TIMEOUT_SECONDS) as client:
        done = [f"{user.email} {seeded(client, user)}" for user in wanted]
    sys.stdout.write(f"auth: {', '.join(done)}\n")


if __name__ == "__main__":
    main()
