"""The door to Metabase's API: one session, one way to call, every refusal one sentence without a secret in it."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx
import tenacity

from pqr_common.errors import InvalidSettings, PqrError, Transient

TIMEOUT_SECONDS = 60
START_SECONDS = 600  # the first start fills its own database, which takes minutes
POLL_SECONDS = 2.0
UNAUTHENTICATED = 401
EXCERPT = 200
LEAST_SECRET = 6  # shorter text is no secret, and would blot out half of an answer


class Refused(PqrError):
    """Metabase answered, and not what was hoped for."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Metabase:
    """A client that is signed in after `sign_in`. `secrets` are never repeated in an error."""

    def __init__(self, url: str, secrets: tuple[str, ...]) -> None:
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)
        self._secrets = tuple(secret for secret in secrets if len(secret) >= LEAST_SECRET)
        self.url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._client.close()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        """The decoded answer; raises Refused when there is an error in it, Transient when there is none at all."""
        try:
            answer = self._client.request(method, f"/api{path}", json=body, params=query)
        except httpx.TransportError as error:
            raise Transient(
                f"Metabase must answer, found {type(error).__name__} at {self.url}: see `docker compose logs metabase`."
            ) from error
        if answer.is_error:
            found = f"{answer.status_code} {self._without_secrets(answer.text)[:EXCERPT]}"
            raise Refused(
                f"Metabase must accept {method} /api{path}, found {found}: see `docker compose logs metabase`.",
                answer.status_code,
            )
        return answer.json() if answer.content else None

    def items(self, collection: int, model: str) -> list[dict[str, Any]]:
        """What lies in a collection: `model` is card or dashboard."""
        found: list[dict[str, Any]] = self.call("GET", f"/collection/{collection}/items", models=model)["data"]
        return found

    def wait(self, seconds: float = START_SECONDS, poll: float = POLL_SECONDS) -> None:
        """Return once it says that it is well."""
        waiting = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((Transient, Refused)),
            wait=tenacity.wait_fixed(poll) + tenacity.wait_random(0, poll / 4),
            stop=tenacity.stop_after_delay(seconds),
            reraise=True,
        )
        waiting(self.call, "GET", "/health")

    def sign_in(self, email: str, password: str, site_name: str) -> bool:
        """A session as the administrator, who is made if nobody is there yet; whether that was so."""
        properties = self.call("GET", "/session/properties")
        is_new = not properties["has-user-setup"]
        if is_new:
            session = self._set_up(properties["setup-token"], email=email, password=password, site_name=site_name)
        else:
            session = self._session(email, password)
        self._client.headers["X-Metabase-Session"] = session["id"]
        return is_new

    def _set_up(self, token: str, *, email: str, password: str, site_name: str) -> Any:
        user = {"email": email, "password": password, "first_name": "PQR", "last_name": "Lakehouse"}
        prefs = {"site_name": site_name, "site_locale": "es"}
        return self.call("POST", "/setup", {"token": token, "user": user, "prefs": prefs})

    def _session(self, email: str, password: str) -> Any:
        try:
            return self.call("POST", "/session", {"username": email, "password": password})
        except Refused as error:
            if error.status != UNAUTHENTICATED:
                raise
            raise InvalidSettings(
                f"METABASE_ADMIN_PASSWORD must be the password that {email} has in Metabase, found it refused at "
                f"{self.url}: set the one that was chosen there, in .env."
            ) from None

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text
