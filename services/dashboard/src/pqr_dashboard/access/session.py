"""Who looks at the dashboard, and as what. What tells it is the cookie of the browser (`cookie.py`)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pqr_common import Settings, logger
from pqr_common.errors import PqrError
from pqr_dashboard.access import cookie
from pqr_dashboard.access.auth import Auth, AuthUnavailable, TooManyAttempts, WrongCredentials
from pqr_dashboard.access.menu import LOCAL
from pqr_dashboard.access.sessions import SESSIONS
from pqr_dashboard.access.tokens import NoRole

__all__ = ["User", "is_loopback", "is_over", "is_waiting", "message", "sign_in", "sign_out", "signed_in"]

MESSAGE, LEFT_BEHIND = "pqr-message", "pqr-left-behind"
ENDED = "Su sesión terminó. Inicie sesión de nuevo."
LEFT = "Cerró la sesión."
NOT_FOR_THE_WORLD = "El tablero no tiene inicio de sesión configurado y por eso solo se abre desde su propio equipo."
SAID: dict[type[PqrError], str] = {
    WrongCredentials: "El correo o la contraseña no son correctos.",
    NoRole: "Su cuenta no tiene un rol en este tablero. Pida a quien administra los usuarios que le asigne uno.",
    TooManyAttempts: "Hubo demasiados intentos seguidos. Espere unos minutos e intente de nuevo.",
    AuthUnavailable: "El servicio de inicio de sesión no responde. Espere un momento e intente de nuevo.",
}


@dataclass(frozen=True, slots=True)
class User:
    email: str
    role: str

    @property
    def is_local(self) -> bool:
        return self.role == LOCAL


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@st.cache_resource(show_spinner=False)
def _auth(_settings: Settings) -> Auth:
    return Auth(_settings)


def signed_in(settings: Settings) -> User | None:
    """The person whose cookie this window's socket brought, asked again at every run of the page.

    Without Auth it is whoever sits at this machine, provided that the server answers nobody else.
    """
    if settings.auth_url is None:
        return _whoever_sits_here()
    secret = _secret()
    if not secret or st.session_state.get(LEFT_BEHIND) == secret:
        return None
    try:
        grant = SESSIONS.current(secret, partial(_auth(settings).current, address=_address()))
    except TooManyAttempts:
        return None  # the session is not over: it is asked for again
    except PqrError as error:
        SESSIONS.end(secret)
        _forget(SAID[type(error)] if isinstance(error, NoRole | AuthUnavailable) else ENDED)
        logger().info("session ended", reason=type(error).__name__)
        return None
    if grant is None:  # signed out in another window, idle for too long, or of a server that was started again
        _forget(ENDED)
        return None
    return User(grant.claims.email, grant.claims.role)


def _whoever_sits_here() -> User | None:
    if is_loopback(str(st.get_option("server.address") or "")):
        return User("", LOCAL)
    st.session_state[MESSAGE] = NOT_FOR_THE_WORLD
    return None


def is_waiting() -> bool:
    """Whether this is somebody's session, whose token cannot be renewed yet because there were too many attempts."""
    return SESSIONS.is_live(_secret())


def is_over() -> bool:
    """Whether the browser still has a cookie that opens nothing any more."""
    return LEFT_BEHIND in st.session_state


def _secret() -> str:
    return st.context.cookies.get(cookie.name(st.context.headers.get("Origin", "")), "")


def _address() -> str:
    """Of the browser, which is this machine's own where Streamlit names none."""
    return st.context.ip_address or "127.0.0.1"


def sign_in(settings: Settings, email: str, password: str) -> str | None:
    """The ticket with which this window becomes somebody's; if there is none, `message` says why."""
    try:
        return SESSIONS.admit(_auth(settings).sign_in(email.strip(), password, address=_address()))
    except PqrError as error:
        st.session_state[MESSAGE] = SAID.get(type(error), SAID[AuthUnavailable])
        logger().warning("sign-in refused", reason=type(error).__name__)
        return None


def sign_out(settings: Settings) -> None:
    """End the session in every window, revoke its tokens, and forget everything this window held."""
    grant = SESSIONS.end(_secret())
    if grant is not None:
        _auth(settings).sign_out(grant, address=_address())
    _forget(LEFT)


def message() -> str:
    """What there is to say at the login, once."""
    return str(st.session_state.pop(MESSAGE, ""))


def _forget(said: str) -> None:
    st.session_state.clear()
    st.session_state.update({MESSAGE: said, LEFT_BEHIND: _secret()})
