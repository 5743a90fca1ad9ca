"""Solicitudes: search the tickets of the published run, and follow one from its arrival to its end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard.figures import tickets, wording
from pqr_dashboard.figures.pqrs_types import TOPIC_NAMES, Types
from pqr_dashboard.figures.tickets import STATUSES, Filters
from pqr_dashboard.pages import solicitud
from pqr_dashboard.pages.context import Context
from pqr_dashboard.pages.solicitud import TICKET_IN_ADDRESS
from pqr_dashboard.view import widgets
from pqrs.catalogue import DEPARTMENTS

__all__ = ["page"]

CURSORS, ASKED, GRID = "tickets-cursors", "tickets-asked", "tickets-grid"
ANY = "Cualquiera"
ASKED_BY = tuple(f"tickets-{name}" for name in ("code", "type", "status", "department", "topic", "dates", "overdue"))
WIDTHS = {"Radicado": 132, "Llegó": 106, "Tipo": 134, "Tema": 176, "Departamento": 126, "Estado": 142, "Vence": 106}
Cursor = tuple[datetime, str]


def page(context: Context) -> None:
    chosen = st.query_params.get(TICKET_IN_ADDRESS)
    if not context.run.is_published:
        widgets.title("Solicitudes")
        widgets.empty(
            "Las solicitudes son las de la corrida publicada",
            "De las demás corridas se guardan las cifras, no cada solicitud. Elija la publicada en la barra lateral, o "
            f"publique esta con [[pqr publish {context.run_id}]].",
        )
    elif chosen:
        _keep_filters()
        solicitud.page(context, chosen)
    else:
        _search(context)


def _search(context: Context) -> None:
    widgets.title("Solicitudes", "Busque por radicado o filtre; elija una fila para ver su historia y su reloj.")
    types = Types.of(context.read("types"), context.mart("kpi_daily"))
    filters = _filters(context, types)
    cursors = _cursors(filters)
    found = context.read("tickets", **filters.parameters(cursors[-1] if cursors else None))
    if found.empty:
        widgets.empty("Ninguna solicitud cumple lo que busca", "Revise el radicado o quite algún filtro.")
        return
    shown = found.head(tickets.PAGE_ROWS)
    rows = tickets.listed(shown, types.short, TOPIC_NAMES)
    _list(rows, shown)
    _pager(rows, shown, cursors, has_more=len(found) > len(shown))


def _filters(context: Context, types: Types) -> Filters:
    first, last = context.run.window_from, context.run.window_to
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
    """The days asked for; the whole window asks nothing, and neither does a range that is being chosen."""
    start, end = dates if isinstance(dates, tuple) and len(dates) == 2 else (first, last)  # noqa: PLR2004
    return (start if start > first else None), (end if end < last else None)


def _keep_filters() -> None:
    """Streamlit forgets controls that a run does not draw; touched, they are as they were on return to the list."""
    for key in ASKED_BY:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def _cursors(filters: Filters) -> list[Cursor]:
    """The last ticket of each page turned over so far; another question begins on its first page."""
    if st.session_state.get(ASKED) != filters:
        st.session_state[ASKED] = filters
        st.session_state[CURSORS] = []
    cursors: list[Cursor] = st.session_state[CURSORS]
    return cursors


def _list(rows: pd.DataFrame, shown: pd.DataFrame) -> None:
    key = f"{GRID}-{st.session_state.get(GRID, 0)}"
    event = st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height=36 * (len(rows) + 1) + 2,
        row_height=36,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config={name: st.column_config.TextColumn(width=pixels) for name, pixels in WIDTHS.items()},
    )
    if event.selection.rows:
        st.query_params[TICKET_IN_ADDRESS] = str(shown.iloc[event.selection.rows[0]]["ticket_id"])
        st.session_state[GRID] = st.session_state.get(GRID, 0) + 1  # a new grid, so that nothing is chosen on return
        st.rerun()


def _pager(rows: pd.DataFrame, shown: pd.DataFrame, cursors: list[Cursor], *, has_more: bool) -> None:
    back, forth, where, csv = st.columns([1, 1, 2, 1], vertical_alignment="center")
    first = len(cursors) * tickets.PAGE_ROWS + 1
    end = "" if has_more else "; no hay más"
    where.caption(
        f"Solicitudes {wording.count(first)} a {wording.count(first + len(shown) - 1)}, primero las más recientes{end}."
        if has_more or cursors or len(shown) > 1
        else "Una sola solicitud."
    )
    if back.button("Anteriores", icon=":material/chevron_left:", disabled=not cursors, key="tickets-back"):
        cursors.pop()
        st.rerun()
    if forth.button("Siguientes", icon=":material/chevron_right:", disabled=not has_more, key="tickets-forth"):
        last = shown.iloc[-1]
        cursors.append((last["opened_at"].to_pydatetime(), str(last["ticket_id"])))
        st.rerun()
    with csv:
        widgets.csv_button(rows.assign(Identificador=shown["ticket_id"]), "solicitudes")
