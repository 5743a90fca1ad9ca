"""El viaje de este correo: the thread of a ticket as a conversation, then the five steps. Part of Solicitudes.

Postgres has the steps and no text of a mail: that is read from the lake, with a key for it alone, as far as the role
may read it, and only once it is written down who reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pqr_common import Settings, logger, open_lake
from pqr_common.errors import PqrError, WarehouseUnavailable
from pqr_dashboard.access.menu import TICKETS
from pqr_dashboard.figures import wording
from pqr_dashboard.journey import cells
from pqr_dashboard.journey.evidence import Evidence, Mail, Message
from pqr_dashboard.journey.reading import Reader
from pqr_dashboard.pages import pasos
from pqr_dashboard.pages.context import RUN_IN_ADDRESS, SECONDS, Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.conversation import conversation_html
from pqr_dashboard.view.markup import Column
from pqrs.lines import Line, Place
from pqrs.terms import THREAD_DAYS

__all__ = ["section"]

RECORDED = "pqr-readings"  # what this session was shown already, which is one reading
THREADS = 60  # of some 10 kB
NO_LAKE = (
    "Los correos no se muestran porque el lago no los entregó: no responde, o este tablero no tiene la llave para "
    "leerlos. Lo demás de esta página sale de la base de datos."
)
NOT_RECORDED = "Los correos no se muestran porque su lectura no se pudo registrar. Recargue la página en un momento."
NOT_YOURS = "Los correos no se muestran a su rol."
READ = "Queda registrado quién leyó estos correos y cuándo."
MASKED = "Los nombres, documentos, direcciones y teléfonos están enmascarados. "

Mails: TypeAlias = dict[str, Mail]


def section(context: Context, ticket: Mapping[Any, Any], events: pd.DataFrame) -> None:
    widgets.section(
        "El viaje de este correo",
        "El hilo como conversación, en hora de Bogotá; después, los cinco pasos desde la línea que llegó.",
    )
    mails = _shown(context, ticket["ticket_id"], events)
    reader = Reader.of(context.user.role, mails.values())
    told = {step: reader.mail(mail) for step, mail in mails.items()}
    st.html(conversation_html(events.to_dict("records"), told))
    others = int(ticket["count_emails"]) - len(mails)
    if mails and others > 0:
        had = "no dio" if others == 1 else "no dieron"
        st.caption(
            f"{wording.several(others, 'correo')} más del hilo {had} ningún paso, como las respuestas automáticas."
        )
    line = _line_of(context, mails)
    pasos.section(pasos.Journey(ticket, events, mails, reader), line)
    _cells(context, ticket["ticket_id"])


def _cells(context: Context, ticket_id: str) -> None:
    """The figures that count the ticket, and the tickets that each of them counts."""
    window = context.run.window_from, context.run.window_to
    given: dict[str, Any] = {"window_from": window[0], "window_to": window[1], "thread_days": THREAD_DAYS}
    given |= {f"of_{name}": day for name, day in zip(("window_from", "window_to"), window, strict=True)}
    asked = {"run_id": context.run_id, "ticket_id": ticket_id}
    found = pd.concat([cells.told(mart, context.fresh.cells(mart, **asked, **given)) for mart in cells.MARTS])
    run = urlencode({RUN_IN_ADDRESS: context.run_id})
    shown = found.assign(opens=[f"{TICKETS.path}?{each}&{run}" if each else "" for each in found["query"]])
    with st.expander(f"Las cifras que la cuentan: {wording.several(len(found), 'columna')} de los marts"):
        widgets.table(shown, CELLS, file="cifras-de-la-solicitud", caption="Cifras que cuentan la solicitud")


def _shown(context: Context, ticket_id: str, events: pd.DataFrame) -> Mails:
    """By step its mail, written down as read; none, and a sentence that says why, where that cannot be."""
    reader = Reader.of(context.user.role)
    if not reader.may_read:
        widgets.warning(NOT_YOURS)
        return {}
    rows = events.to_dict("records")
    wanted = {row["event_id"]: (row["message_id"], row["occurred_at"].to_pydatetime()) for row in rows}
    try:
        with st.spinner("Leyendo los correos en el lago…"):
            mails = _mails(context.run_id, context.run.stamp, ticket_id, _wanted=wanted)
        _record(context, ticket_id, {mail["message_id"] for mail in mails.values()})
    except WarehouseUnavailable as error:
        return _refused(NOT_RECORDED, error)
    except PqrError as error:
        return _refused(NO_LAKE, error)
    widgets.note(f"{MASKED if reader.is_masked else ''}{READ}")
    return mails


def _refused(said: str, error: PqrError) -> Mails:
    logger().error("ticket without its mails", error=str(error))
    widgets.warning(said)
    return {}


def _record(context: Context, ticket_id: str, messages: Iterable[str]) -> None:
    """Once for a session: a page that is drawn again is not read again."""
    known: set[tuple[str, str]] = st.session_state.setdefault(RECORDED, set())
    new = [message for message in messages if (context.run_id, message) not in known]
    if not new:
        return
    user = context.user
    who = {"person": user.email or user.role, "role": user.role}
    context.fresh.record_readings(new, **who, run_id=context.run_id, ticket_id=ticket_id)
    known.update((context.run_id, message) for message in new)


def _line_of(context: Context, mails: Mails) -> pasos.LineOf:
    """What reads the line of a step whose mail was shown; nothing for another, or where the lake does not give it."""

    def line(step: str) -> Line | None:
        mail = mails.get(step)
        if mail is None:
            return None
        place = (mail["raw_day"], mail["raw_part"], mail["raw_line"])
        try:
            return _line(context.run_id, context.run.stamp, place)
        except PqrError as error:
            _refused(NO_LAKE, error)
            return None

    return line


@st.cache_resource(show_spinner=False)
def _evidence() -> Evidence:
    return Evidence(open_lake(Settings.read().lake))


@st.cache_data(ttl=SECONDS, max_entries=THREADS, show_spinner=False)
def _mails(run_id: str, stamp: str, ticket_id: str, *, _wanted: Mapping[str, Message]) -> Mails:  # noqa: ARG001  keys
    return _evidence().mails(run_id, _wanted)


@st.cache_data(ttl=SECONDS, max_entries=THREADS, show_spinner=False)
def _line(run_id: str, stamp: str, place: Place) -> Line:  # noqa: ARG001  the stamp is a key
    return _evidence().line(run_id, place)


CELLS = (
    Column("mart", "Mart"),
    Column("figure", "Columna"),
    Column("says", "Qué cuenta"),
    Column("rows", "En qué filas", opens="opens"),
)
