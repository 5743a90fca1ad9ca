"""The login page, who is signed in, and what a page says that is not for one's role."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from html import escape
from urllib.parse import urlsplit

import streamlit as st
from streamlit.navigation.page import Page

from pqr_common import Settings
from pqr_dashboard.access import cookie, session
from pqr_dashboard.access.menu import PAGES, Entry
from pqr_dashboard.access.session import User
from pqr_dashboard.view import widgets

__all__ = ["HOME", "ROLE_NAMES", "elsewhere", "gate", "signed_in_as"]

HOME = "-"  # the page at the root must have an address of its own, which nobody asks for
PATHS = tuple(entry.path for entry in PAGES)
WAIT_SECONDS = 5
WAITING = "Hay demasiados intentos de ingreso desde su red. Esta página sigue sola en cuanto sea posible."
ROLE_NAMES = {"executive": "Directivo", "analyst": "Analista", "operator": "Operación"}


def gate(settings: Settings) -> None:
    """Nothing but the login, whatever the address; after signing in, the address leads where it said."""
    show = partial(_login, settings)
    pages = [st.Page(show, title="Ingreso", url_path=path, visibility="hidden") for path in (*PATHS, *_unknown())]
    st.navigation([st.Page(show, title="Ingreso", url_path=HOME, default=True), *pages], position="hidden").run()


def elsewhere(entries: Sequence[Entry]) -> list[Page]:
    """Addresses of pages that this role may not see, and of none at all: they say so, and hold nothing of a page."""
    missing = [entry.path for entry in PAGES if entry not in entries]
    return [
        *(st.Page(_refused, title="PQRSD", url_path=path, visibility="hidden") for path in missing),
        *(st.Page(_not_there, title="PQRSD", url_path=path, visibility="hidden") for path in _unknown()),
    ]


def _unknown() -> list[str]:
    """The page that the address asks for, if there is none; else Streamlit would say so itself, and in English."""
    asked = urlsplit(st.context.url or "").path.strip("/")
    return [asked] if asked and "/" not in asked and asked not in (*PATHS, HOME) else []


def signed_in_as(user: User, settings: Settings) -> None:
    """Who it is, and the way out; on the embedded stack, that there is no login."""
    with st.sidebar:
        if user.is_local:
            st.html('<p class="pqr-badge">Modo local: sin inicio de sesión; solo accesible desde este equipo.</p>')
            return
        role = ROLE_NAMES.get(user.role, user.role)
        st.html(f'<p class="pqr-badge">{escape(user.email)}<br>{escape(role)}</p>')
        st.button(
            "Cerrar sesión", on_click=session.sign_out, args=(settings,), icon=":material/logout:", type="tertiary"
        )


def _login(settings: Settings) -> None:
    _, middle, _ = st.columns([1, 1.2, 1])
    with middle:
        widgets.title("Ingreso", "Peticiones, quejas, reclamos, sugerencias y denuncias")
        if session.is_waiting():
            _wait(time.monotonic())
            return
        said = session.message()
        if settings.auth_url is not None:
            said = _form(settings) or said
        if said:
            st.html(f'<p class="pqr-state pqr-said" role="alert">{escape(said)}</p>')


@st.fragment(run_every=WAIT_SECONDS)
def _wait(since: float) -> None:
    """The page goes on by itself as soon as Auth lets it."""
    st.html(f'<p class="pqr-state pqr-said" role="alert">{WAITING}</p>')
    if time.monotonic() - since > WAIT_SECONDS / 2:  # not at once, when the page itself is drawn
        st.rerun()


def _form(settings: Settings) -> str:
    with st.form("ingreso", border=True):
        email = st.text_input("Correo electrónico", autocomplete="username")
        password = st.text_input("Contraseña", type="password", autocomplete="current-password")
        is_sent = st.form_submit_button("Ingresar", type="primary", width="stretch")
    if not is_sent:
        if session.is_over():
            st.html(cookie.LEAVE, unsafe_allow_javascript=True)
        return ""
    if not email.strip() or not password:
        return "Escriba su correo y su contraseña."
    if ticket := session.sign_in(settings, email, password):
        st.html(cookie.ENTER % ticket, unsafe_allow_javascript=True)
    return session.message()


def _not_there() -> None:
    widgets.title("PQRSD")
    widgets.empty("Esta página no existe", "Elija una en el menú.")


def _refused() -> None:
    widgets.title("PQRSD")
    widgets.trouble(
        "Esta página no está disponible para su rol",
        "Elija otra en el menú. Si la necesita, pida a quien administra los usuarios que cambie su rol.",
    )
