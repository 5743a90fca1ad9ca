"""What a person asks of the list of tickets. Part of Solicitudes."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from pqr_dashboard.figures import tickets
from pqr_dashboard.figures.pqrs_types import TOPIC_NAMES, Types
from pqr_dashboard.figures.tickets import STATUSES, Filters
from pqr_dashboard.pages.context import Context
from pqrs.catalogue import DEPARTMENTS

__all__ = ["asked", "keep"]

ANY = "Cualquiera"
ASKED_BY = tuple(f"tickets-{name}" for name in ("code", "type", "status", "department", "topic", "dates", "overdue"))


def asked(context: Context, types: Types) -> Filters:
    first, last = context.run.first_arrival, context.run.window_to
    typed = st.text_input(
        "Radicado o identificador",
        placeholder="El comienzo de un radicado, como 2026101, el radicado completo o el identificador",
        key="tickets-code",
        bind="query-params",
        max_chars=tickets.CODE_LENGTH_MAX,
    )
    one, two, three, four = st.columns(4)
    with one:
        pqrs_type = _one_of("Tipo", types.names, "type")
    with two:
        status = _one_of("Estado", STATUSES, "status")
    with three:
        department = _one_of("Departamento", dict(zip(DEPARTMENTS, DEPARTMENTS, strict=True)), "department")
    with four:
        topic = _one_of("Tema", TOPIC_NAMES, "topic")
    left, right = st.columns([2, 2], vertical_alignment="bottom")
    with left:
        dates = st.date_input(
            "Llegaron entre",
            (first, last),
            min_value=first,
            max_value=last,
            format="DD/MM/YYYY",
            key="tickets-dates",
            bind="query-params",
        )
    with right:
        only_overdue = st.toggle("Solo vencidas sin respuesta", key="tickets-overdue", bind="query-params")
    opened_from, opened_to = _asked_days(dates, first, last)
    return Filters(
        tickets.code_of(typed or ""), pqrs_type, status, department, topic, opened_from, opened_to, only_overdue
    )  # fmt: skip


def _one_of(label: str, names: dict[str, str], key: str) -> str | None:
    chosen = st.selectbox(
        label,
        list(names),
        index=None,
        format_func=lambda code: names[code],
        placeholder=ANY,
        key=f"tickets-{key}",
        bind="query-params",
    )
    return str(chosen) if chosen is not None else None


def _asked_days(dates: Any, first: date, last: date) -> tuple[date | None, date | None]:
    """The days asked for; all that the run has asks nothing, and neither does a range that is being chosen."""
    start, end = dates if isinstance(dates, tuple) and len(dates) == 2 else (first, last)  # noqa: PLR2004
    return (start if start > first else None), (end if end < last else None)


def keep() -> None:
    """Streamlit forgets controls that a run does not draw; touched, they are as they were on return to the list."""
    for key in ASKED_BY:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
