"""The five steps of a mail, as `pqr trace` tells them: raw line, bronze, step, ticket with its clock, Postgres."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd
import streamlit as st

from pqr_common import sha256_hex
from pqr_dashboard.figures import tickets, wording
from pqr_dashboard.journey import clock
from pqr_dashboard.journey.reading import Reader
from pqr_dashboard.view import markup, widgets
from pqr_dashboard.view.conversation import facts_html, step_html
from pqr_dashboard.view.markup import Column
from pqrs.lines import Line

__all__ = ["Journey", "LineOf", "section"]

LineOf: TypeAlias = Callable[[str], Line | None]
SHORT = 160  # letters of a value before and after typing


@dataclass(frozen=True, slots=True)
class Journey:
    """A ticket of the published run with its steps, the mails that could be read, and who reads them."""

    ticket: Mapping[Any, Any]
    events: pd.DataFrame
    mails: Mapping[str, Mapping[str, Any]]
    reader: Reader


def section(journey: Journey, line_of: LineOf) -> None:
    widgets.section("Los cinco pasos", "De la línea que llegó al lago hasta las filas de las que salen las cifras.")
    rows = journey.events.to_dict("records")
    chosen = st.selectbox(
        "Correo que se sigue",
        range(len(rows)),
        format_func=lambda place: f"{place + 1} · {wording.moment(rows[place]['occurred_at'])} · {_step(rows[place])}",
        key=f"ticket-mail-{journey.ticket['ticket_id']}",
    )
    event = rows[chosen]
    line = line_of(event["event_id"])
    if line is not None:
        _raw(line, journey.reader)
        _bronze(line, journey.reader)
    st.html(step_html(3, f"El paso: {_step(event)}", f"Paso {event['seq']} de {len(rows)}. {tickets.moved(event)}."))
    st.html(facts_html([("Message-ID", event["message_id"]), ("Paso", event["event_id"])]))
    _clock(journey)
    _rows(journey)


def _raw(line: Line, reader: Reader) -> None:
    size = f"{wording.count(len(line.data))}{wording.THIN}bytes desde el byte {wording.count(line.offset)}"
    st.html(step_html(1, "La línea cruda", f"Línea {wording.count(line.line + 1)} de su objeto: {size}."))
    facts = [
        ("Lugar, como lo recibe pqr trace", f"{line.object}:{line.line}"),
        ("SHA-256 del objeto", line.sha256),
        ("SHA-256 de la línea", sha256_hex(line.data)),
    ]
    st.html(facts_html(facts))
    with st.expander("Ver la línea completa"):
        if reader.is_masked:
            st.caption("Enmascarada; los SHA-256 son de los bytes sin enmascarar.")
        st.code(reader.line(line.text), language="json", wrap_lines=True)


def _bronze(line: Line, reader: Reader) -> None:
    changed = wording.several(len(line.changes), "campo")
    st.html(step_html(2, "La fila de bronce", f"Al darle tipos cambiaron {changed} de la línea."))
    st.html(
        facts_html([
            (f"{field} → {column}", f"{_value(raw, reader)} → {_value(typed, reader)}")
            for field, raw, column, typed in line.changes
        ])
    )  # fmt: skip


def _clock(journey: Journey) -> None:
    """The ticket day by day; what has no term has no clock."""
    ticket, days = journey.ticket, clock.days(journey.ticket)
    named = f"Radicado {ticket['radicado'] or 'aún sin asignar'}"
    st.html(
        step_html(4, "La solicitud y su reloj legal", f"{named}. {clock.said(days) if len(days) else 'Sin término.'}")
    )
    if days.empty:
        return
    steps: defaultdict[Any, list[str]] = defaultdict(list)
    for event in journey.events.to_dict("records"):
        steps[event["occurred_at"].date()].append(_step(event))
    for name, said in (("due_on", "Vence el término de ley"), ("effective_due_on", "Vence el término efectivo")):
        steps[ticket[name].date()].append(said)
    shown = days.assign(
        date=[f"{wording.WEEKDAYS[day.weekday()][:3]} {wording.day(day)}" for day in days["day"]],
        what=days["kind"].where(days["name"] == "", days["kind"] + ": " + days["name"]),
        passed=days["counted"].where(days["kind"].isin(clock.COUNTED)),
        steps=["; ".join(steps[day.date()]) for day in days["day"]],
    )
    with st.expander(f"Ver el reloj día por día: {wording.several(len(days), 'día')}"):
        st.html(markup.table_html(shown, CLOCK, caption="El reloj día por día", total=None))


def _rows(journey: Journey) -> None:
    """Those of Postgres; the cells of marts that count the ticket stand below them."""
    st.html(step_html(5, "Las filas en Postgres", "Las que muestran esta solicitud en la corrida publicada."))
    ticket = [(str(name), _cell(value)) for name, value in journey.ticket.items() if not wording.is_missing(value)]
    with st.expander("core.tickets_as_of: 1 fila"):
        st.html(facts_html(ticket))
    events = journey.events
    with st.expander(f"core.ticket_events: {wording.several(len(events), 'fila')}"):
        columns = [Column(str(name), str(name), _cell) for name in events.columns]
        st.html(markup.table_html(events, columns, caption="core.ticket_events", total=None))


def _step(event: Mapping[Any, Any]) -> str:
    return str(tickets.STEPS.get(event["event_type"], event["event_type"]))


def _value(text: str, reader: Reader) -> str:
    """On one line, as it may be read; JSON's own word for nothing is no word for people."""
    told = " ".join(reader.text(wording.NOTHING if text == "null" else text).split())
    return told if len(told) <= SHORT else f"{told[:SHORT]}…"


def _cell(value: Any) -> str:
    if wording.is_missing(value):
        return wording.NOTHING
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value.tz is None else "%Y-%m-%d %H:%M:%S%z")
    return f"{value:.10g}" if isinstance(value, float) else str(value)


CLOCK = (
    Column("date", "Día"),
    Column("what", "Qué es"),
    Column("passed", "Días corridos", wording.count),
    Column("steps", "Qué pasó"),
)
