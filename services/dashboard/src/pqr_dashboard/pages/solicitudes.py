"""Solicitudes: search the tickets of the published run, and follow one from its arrival to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pqr_dashboard.access.menu import TICKETS
from pqr_dashboard.figures import tickets, wording
from pqr_dashboard.figures.counted import BUT, FIGURE, Counted
from pqr_dashboard.figures.pqrs_types import TOPIC_NAMES, Types
from pqr_dashboard.figures.tickets import Filters
from pqr_dashboard.pages import filtros, solicitud
from pqr_dashboard.pages.context import RUN_IN_ADDRESS, Context
from pqr_dashboard.pages.solicitud import TICKET_IN_ADDRESS
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column
from pqrs.terms import THREAD_DAYS

__all__ = ["page"]

CURSORS, ASKED = "tickets-cursors", "tickets-asked"
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
        filtros.keep()
        solicitud.page(context, chosen)
    else:
        _search(context)


def _search(context: Context) -> None:
    try:
        counted = Counted.of({name: st.query_params.get_all(name) for name in st.query_params})
    except ValueError:
        widgets.title("Solicitudes")
        widgets.empty(
            "El enlace no lleva a ninguna cifra conocida", "Vuelva a la página de la cifra y ábrala de nuevo."
        )
        return
    widgets.title("Solicitudes", "Busque por radicado o filtre; elija una fila para ver su historia y su reloj.")
    types = Types.of(context.read("types"), context.mart("kpi_daily"))
    _figure(context, counted, types)
    filters = filtros.asked(context, types)
    condition, asked = _condition(context, counted)
    asked |= filters.parameters()
    cursors = _cursors((counted, filters))
    after = tickets.page_after(cursors[-1] if cursors else None)
    found = context.tickets("tickets", condition, **asked, **after)
    if found.empty:
        widgets.empty("Ninguna solicitud cumple lo que busca", "Revise el radicado o quite algún filtro.")
        return
    shown = found.head(tickets.PAGE_ROWS)
    rows = tickets.listed(shown, types.short, TOPIC_NAMES)
    _list(context, rows)
    total = int(context.tickets("tickets_total", condition, **asked)["tickets"].iloc[0])
    _pager(shown, cursors, total=total)
    _csv(lambda: context.fresh.every_ticket(condition, **asked), types)


def _figure(context: Context, counted: Counted | None, types: Types) -> None:
    """What of a figure is looked at, and the ways back."""
    if counted is None:
        return
    back, without, _ = st.columns([2, 3, 4], vertical_alignment="center")
    with back:
        if context.way_back():
            widgets.link("← Volver a la cifra", context.way_back())
    if without.button(
        "Quitar el filtro de la cifra", icon=":material/filter_alt_off:", key="tickets-all", type="tertiary"
    ):
        for name in {*st.query_params} & {FIGURE, BUT, *counted.names}:
            del st.query_params[name]
        st.rerun()
    widgets.chips(counted.said(types.names))


def _condition(context: Context, counted: Counted | None) -> tuple[str, dict[str, Any]]:
    """What holds of the tickets of a figure, and what it is asked with; nothing without one."""
    if counted is None:
        return "", {}
    window = context.run.window_from, context.run.window_to
    given = {"window_from": window[0], "window_to": window[1], "thread_days": THREAD_DAYS}
    return counted.condition, given | counted.parameters(window)


def _cursors(asked: tuple[Counted | None, Filters]) -> list[Cursor]:
    """The last ticket of each page turned over so far; another question begins on its first page."""
    if st.session_state.get(ASKED) != asked:
        st.session_state[ASKED] = asked
        st.session_state[CURSORS] = []
    cursors: list[Cursor] = st.session_state[CURSORS]
    return cursors


def _list(context: Context, rows: pd.DataFrame) -> None:
    run = {RUN_IN_ADDRESS: context.run_id}
    addresses = [f"{TICKETS.path}?{urlencode({TICKET_IN_ADDRESS: ticket} | run)}" for ticket in rows["Identificador"]]
    first, *others = [name for name in rows.columns if name != "Identificador"]
    columns = [Column(first, first, opens="opens"), *(Column(name, name) for name in others)]
    widgets.rows(rows.assign(opens=addresses), columns, caption="Solicitudes")


def _pager(shown: pd.DataFrame, cursors: list[Cursor], *, total: int) -> None:
    back, forth, where = st.columns([1, 1, 3], vertical_alignment="center")
    first = len(cursors) * tickets.PAGE_ROWS + 1
    last = first + len(shown) - 1
    where.caption(
        f"{wording.count(first)} a {wording.count(last)} de {wording.count(total)}, primero las más recientes."
        if total > 1
        else "Una sola solicitud."
    )
    if back.button("Anteriores", icon=":material/chevron_left:", disabled=not cursors, key="tickets-back"):
        cursors.pop()
        st.rerun()
    if forth.button("Siguientes", icon=":material/chevron_right:", disabled=last >= total, key="tickets-forth"):
        end = shown.iloc[-1]
        cursors.append((end["opened_at"].to_pydatetime(), str(end["ticket_id"])))
        st.rerun()


def _csv(found: Callable[[], Iterator[pd.DataFrame]], types: Types) -> None:
    """All that is asked for, not the page alone."""
    widgets.csv_of_parts(lambda: (tickets.listed(part, types.short, TOPIC_NAMES) for part in found()), "solicitudes")
