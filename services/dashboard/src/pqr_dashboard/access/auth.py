"""Supabase Auth over HTTP: sign in, refresh, sign out. What it answers is believed only after its token is verified."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from pqr_common import Settings
from pqr_common.errors import InvalidSettings, PqrError, Transient
from pqr_dashboard.access.tokens import Claims, Expired, NoRole, Untrusted, Verifier

__all__ = ["Auth", "AuthUnavailable", "Grant", "TooManyAttempts", "WrongCredentials"]

TIMEOUT_SECONDS = 8
RENEW_BEFORE_SECONDS = 60  # a token is renewed while it still holds, so that a short silence of Auth hurts nobody
SECRET_LENGTH_MIN = 32  # GoTrue takes no shorter one
ADDRESS_HEADER = "X-Forwarded-For"  # whose attempts Auth counts: GOTRUE_RATE_LIMIT_HEADER names it
REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)


class WrongCredentials(Untrusted):
    pass


class TooManyAttempts(Transient):
    pass


class AuthUnavailable(Transient, ConnectionError):
    pass


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody who signed in holds, on the server's side only."""

    claims: Claims
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


class Auth:
    """A client; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.auth_jwt_secret.get_secret_value() if settings.auth_jwt_secret else ""
        if len(secret) < SECRET_LENGTH_MIN:
            raise InvalidSettings(
                f"PQR_AUTH_JWT_SECRET must have at least {SECRET_LENGTH_MIN} characters, found {len(secret)}: give the "
                f"dashboard the secret that Auth signs with (GOTRUE_JWT_SECRET)."
            )
        self._verifier = Verifier(secret, settings.auth_audience, settings.auth_issuer)
        self._client = httpx.Client(base_url=settings.auth_url or "", timeout=TIMEOUT_SECONDS)

    def sign_in(self, email: str, password: str, *, address: str) -> Grant:
        """What the person at this network address is given.

        Raises WrongCredentials (also for an e-mail nobody has), NoRole, TooManyAttempts, AuthUnavailable.
        """
        answer = self._token("password", {"email": email, "password": password}, address)
        try:
            return self._grant(answer)
        except NoRole:
            self._revoke(str(answer.get("access_token", "")))
            raise

    def current(self, grant: Grant, *, address: str) -> Grant:
        """The same grant while it holds, a renewed one shortly before it ends; raises as `sign_in` does."""
        with contextlib.suppress(Expired):
            claims = self._verifier.claims(grant.access_token)
            if claims.expires_at - time.time() > RENEW_BEFORE_SECONDS:
                return grant
            with contextlib.suppress(Transient):
                return self._refreshed(grant, address)
            return grant
        return self._refreshed(grant, address)

    def sign_out(self, grant: Grant, *, address: str) -> None:
        """Revoke this session's tokens, which Auth takes from who shows one that holds."""
        with contextlib.suppress(PqrError):
            self._revoke(self.current(grant, address=address).access_token)

    def _refreshed(self, grant: Grant, address: str) -> Grant:
        return self._grant(self._token("refresh_token", {"refresh_token": grant.refresh_token}, address))

    def _grant(self, answer: dict[str, Any]) -> Grant:
        token = str(answer.get("access_token", ""))
        return Grant(self._verifier.claims(token), token, str(answer.get("refresh_token", "")))

    def _token(self, kind: str, body: dict[str, str], address: str) -> dict[str, Any]:
        response = self._post("/token", params={"grant_type": kind}, json=body, headers={ADDRESS_HEADER: address})
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise TooManyAttempts("Auth must take an attempt, found that there were too many: wait some minutes.")
        if response.status_code in REFUSALS:
            raise WrongCredentials(
                f"Auth must know who signs in, found {response.status_code} to {kind}: sign in again."
            )
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.is_error or not isinstance(answer, dict):
            raise AuthUnavailable(
                f"Auth must answer with a token, found {response.status_code} at PQR_AUTH_URL: see its log."
            )
        return answer

    def _revoke(self, token: str) -> None:
        with contextlib.suppress(AuthUnavailable):
            self._post("/logout", params={"scope": "local"}, headers={"Authorization": f"Bearer {token}"})

    def _post(self, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._client.post(path, **arguments)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AuthUnavailable(
                f"Auth must answer at PQR_AUTH_URL, found {type(error).__name__}: see that it runs."
            ) from error
