"""One ticket: its dates, its clock, and the journey of its mails. Part of Solicitudes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard.charts import ticket as charts
from pqr_dashboard.figures import tickets
from pqr_dashboard.figures.pqrs_types import TOPIC_NAMES, Types
from pqr_dashboard.journey import clock
from pqr_dashboard.pages import viaje
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqrs.catalogue import DEPENDENCIES

__all__ = ["TICKET_IN_ADDRESS", "page"]

TICKET_IN_ADDRESS = "solicitud"


def page(context: Context, ticket_id: str) -> None:
    if st.button("Volver a la lista", icon=":material/arrow_back:", key="ticket-back", type="tertiary"):
        del st.query_params[TICKET_IN_ADDRESS]
        st.rerun()
    found = context.read("ticket", ticket_id=tickets.code_of(ticket_id) or "")
    if found.empty:
        widgets.title("Solicitudes")
        widgets.empty("No hay una solicitud con ese identificador", "Vuelva a la lista y búsquela por su radicado.")
        return
    ticket = found.iloc[0].to_dict()
    types = Types.of(context.read("types"), context.mart("kpi_daily"))
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
    viaje.section(context, ticket, events)


def _clock(ticket: dict[Any, Any], events: pd.DataFrame) -> None:
    days = clock.days(ticket)
    if days.empty:
        return
    widgets.section("El reloj", "El término corre en días hábiles desde el siguiente a la recepción legal.")
    names = [tickets.STEPS.get(kind, kind) for kind in events["event_type"]]
    steps = events.assign(at=events["occurred_at"].dt.tz_localize(None), said=names)
    said = clock.said(days)
    widgets.chart(charts.clock(days, steps[["at", "said"]]), said)
    st.caption(said)
