"""Who is signed in, by the secret that their browser brings. Tokens stay in this process, one grant for all windows.

A window that signs in is given a ticket, because Streamlit's socket cannot set a cookie: the browser exchanges it for
the secret, once and soon (`cookie.py`). A secret that nobody used for a working day opens nothing any more.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pqr_dashboard.access.auth import Grant

__all__ = ["SESSIONS", "Sessions"]

TICKET_SECONDS = 60
IDLE_SECONDS = 8 * 3600
BYTES = 32


@dataclass(slots=True)
class Session:
    grant: Grant
    used_at: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._tickets: dict[str, Session] = {}
        self._sessions: dict[str, Session] = {}

    def admit(self, grant: Grant) -> str:
        """A ticket to the session that this grant opens."""
        with self._lock:
            self._sweep()
            ticket = secrets.token_urlsafe(BYTES)
            self._tickets[ticket] = Session(grant, self._clock())
            return ticket

    def redeem(self, ticket: str) -> str | None:
        """The secret of a session that begins now; nothing for a ticket that was used, is late or was never given."""
        with self._lock:
            self._sweep()
            session = self._tickets.pop(ticket, None)
            if session is None:
                return None
            secret = secrets.token_urlsafe(BYTES)
            self._sessions[secret] = session
            return secret

    def is_live(self, secret: str) -> bool:
        with self._lock:
            self._sweep()
            return secret in self._sessions

    def current(self, secret: str, renewed: Callable[[Grant], Grant]) -> Grant | None:
        """The session's grant after `renewed`, which one window asks at a time: a refresh token works once."""
        with self._lock:
            self._sweep()
            session = self._sessions.get(secret)
            if session is None:
                return None
            session.used_at = self._clock()
        with session.lock:
            session.grant = renewed(session.grant)
            return session.grant

    def end(self, secret: str) -> Grant | None:
        """What the session held, which no window has from now on."""
        with self._lock:
            session = self._sessions.pop(secret, None)
        return session.grant if session else None

    def _sweep(self) -> None:
        now = self._clock()
        for held, seconds in ((self._tickets, TICKET_SECONDS), (self._sessions, IDLE_SECONDS)):
            for secret in [secret for secret, session in held.items() if now - session.used_at > seconds]:
                del held[secret]


SESSIONS = Sessions()
