"""Who looks at the dashboard, and as what. Tokens stay in this process, in the state of the browser's session."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import streamlit as st

from pqr_common import Settings, logger
from pqr_common.errors import PqrError
from pqr_dashboard.access.auth import Auth, AuthUnavailable, Grant, TooManyAttempts, WrongCredentials
from pqr_dashboard.access.menu import LOCAL
from pqr_dashboard.access.tokens import NoRole

__all__ = ["User", "is_loopback", "is_waiting", "message", "sign_in", "sign_out", "signed_in"]

GRANT, MESSAGE = "pqr-grant", "pqr-message"
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
    """The person of this browser session, asked again at every run of the page; nobody without a token that holds.

    Without Auth it is whoever sits at this machine, provided that the server answers nobody else.
    """
    if settings.auth_url is None:
        if is_loopback(str(st.get_option("server.address") or "")):
            return User("", LOCAL)
        st.session_state[MESSAGE] = NOT_FOR_THE_WORLD
        return None
    grant = st.session_state.get(GRANT)
    if not isinstance(grant, Grant):
        return None
    try:
        grant = _auth(settings).current(grant, address=_address())
    except TooManyAttempts:
        return None  # the session is not over: it is asked for again
    except PqrError as error:
        _forget(SAID[type(error)] if isinstance(error, NoRole | AuthUnavailable) else ENDED)
        logger().info("session ended", reason=type(error).__name__)
        return None
    st.session_state[GRANT] = grant
    return User(grant.claims.email, grant.claims.role)


def is_waiting() -> bool:
    """Whether this is somebody's session, whose token cannot be renewed yet because there were too many attempts."""
    return GRANT in st.session_state


def _address() -> str:
    """Of the browser, which is this machine's own where Streamlit names none."""
    return st.context.ip_address or "127.0.0.1"


def sign_in(settings: Settings, email: str, password: str) -> bool:
    """Whether this session is now somebody's; if not, `message` says why."""
    try:
        grant = _auth(settings).sign_in(email.strip(), password, address=_address())
    except PqrError as error:
        st.session_state[MESSAGE] = SAID.get(type(error), SAID[AuthUnavailable])
        logger().warning("sign-in refused", reason=type(error).__name__)
        return False
    st.session_state[GRANT] = grant
    return True


def sign_out(settings: Settings) -> None:
    """Revoke the tokens and forget everything this session held."""
    grant = st.session_state.get(GRANT)
    if isinstance(grant, Grant):
        _auth(settings).sign_out(grant, address=_address())
    _forget(LEFT)


def message() -> str:
    """What there is to say at the login, once."""
    return str(st.session_state.pop(MESSAGE, ""))


def _forget(said: str) -> None:
    st.session_state.clear()
    st.session_state[MESSAGE] = said
