"""Solicitudes: search the tickets of the published run, and follow one from its arrival to its end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard import figures, tickets, widgets
from pqr_dashboard.charts import ticket as charts
from pqr_dashboard.context import Context
from pqr_dashboard.names import TOPIC_NAMES, Types
from pqr_dashboard.tickets import STATUSES, Filters
from pqrs.catalogue import DEPARTMENTS, DEPENDENCIES

__all__ = ["page"]

TICKET_IN_ADDRESS = "solicitud"
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
        _ticket(context, chosen)
    else:
        _search(context)


def _search(context: Context) -> None:
    widgets.title("Solicitudes", "Busque por radicado o filtre; elija una fila para ver su historia y su reloj.")
    types = Types.of(context.read("types"))
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
            "Llegaron entre", (first, last), min_value=first, max_value=last, format="DD/MM/YYYY", key="tickets-dates"
        )
    with right:
        only_overdue = st.toggle("Solo vencidas sin respuesta", key="tickets-overdue")
    opened_from, opened_to = _asked_days(dates, first, last)
    return Filters(
        tickets.code_of(typed or ""), pqrs_type, status, department, topic, opened_from, opened_to, only_overdue
    )  # fmt: skip


def _one_of(label: str, names: dict[str, str], key: str) -> str | None:
    chosen = st.selectbox(
        label, list(names), index=None, format_func=lambda code: names[code], placeholder=ANY, key=f"tickets-{key}"
    )
    return str(chosen) if chosen is not None else None


def _asked_days(dates: Any, first: date, last: date) -> tuple[date | None, date | None]:
    """The days asked for; the whole window asks nothing, and neither does a range that is being chosen."""
    start, end = dates if isinstance(dates, tuple) and len(dates) == 2 else (first, last)  # noqa: PLR2004
    return (start if start > first else None), (end if end < last else None)


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
        f"Solicitudes {figures.count(first)} a {figures.count(first + len(shown) - 1)}, primero las más recientes{end}."
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


def _ticket(context: Context, ticket_id: str) -> None:
    _keep_filters()
    if st.button("Volver a la lista", icon=":material/arrow_back:", key="ticket-back", type="tertiary"):
        del st.query_params[TICKET_IN_ADDRESS]
        st.rerun()
    found = context.read("ticket", ticket_id=tickets.code_of(ticket_id) or "")
    if found.empty:
        widgets.title("Solicitudes")
        widgets.empty("No hay una solicitud con ese identificador", "Vuelva a la lista y búsquela por su radicado.")
        return
    ticket = found.iloc[0].to_dict()
    types = Types.of(context.read("types"))
    where = [ticket["municipality"], ticket["department"]]
    widgets.title(
        f"Solicitud {ticket['radicado'] or 'sin radicar'}",
        " · ".join(filter(None, [
            types.called(ticket["pqrs_type"]), TOPIC_NAMES.get(ticket["topic"], ticket["topic"]),
            DEPENDENCIES.get(ticket["dependency"], ticket["dependency"]), ", ".join(filter(None, where)),
        ])),
    )  # fmt: skip
    widgets.cards(tickets.cards(ticket))
    events = context.read("ticket_events", ticket_id=ticket["ticket_id"])
    _clock(ticket, events)
    _story(ticket, events)


def _keep_filters() -> None:
    """Streamlit forgets controls that a run does not draw; touched, they are as they were on return to the list."""
    for key in ASKED_BY:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def _clock(ticket: dict[Any, Any], events: pd.DataFrame) -> None:
    stretches = tickets.clock(ticket)
    if stretches.empty:
        return
    widgets.section("El reloj", "El término corre en días hábiles desde el siguiente a la recepción legal.")
    names = [tickets.STEPS.get(kind, kind) for kind in events["event_type"]]
    steps = events.assign(at=events["occurred_at"].dt.tz_localize(None), said=names)
    said = "; ".join(f"{row.kind}: {row.days} días hábiles" for row in stretches.itertuples())
    widgets.chart(charts.clock(stretches, steps[["at", "said"]]), said)
    st.caption(f"{said}.")


def _story(ticket: dict[Any, Any], events: pd.DataFrame) -> None:
    story, origin = st.columns([3, 2], gap="large")
    with story:
        widgets.section("La historia", f"{figures.count(ticket['count_emails'])} correos, hora de Bogotá.")
        st.html(tickets.timeline_html(events.to_dict("records")))
    with origin:
        widgets.section("De dónde sale", "La línea del correo tal como llegó al lago.")
        st.code(tickets.source(ticket), language="bash", wrap_lines=True)
        facts = [("SHA-256 del objeto", ticket["raw_sha256"]), ("Identificador de la solicitud", ticket["ticket_id"])]
        for label, value in facts:
            st.caption(label)
            st.code(value, language=None, wrap_lines=True)
