"""Tickets as people read them: filters, the words of states and steps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from pqr_dashboard.figures import wording
from pqr_dashboard.figures.cards import Card

__all__ = [
    "ACTORS", "PAGE_ROWS", "STATUSES", "STEPS", "Filters", "cards", "code_of", "listed", "moved", "page_after",
    "status_of",
]  # fmt: skip

PAGE_ROWS = 25
CODE_LENGTH_MAX = 40  # a radicado has 14 digits, a ticket's id 20
STATUSES = {
    "received": "Recibida", "acknowledged": "Radicada", "in_progress": "En trámite", "answered": "Respondida",
    "reopened": "Reabierta", "transferred": "Trasladada", "archived": "Archivada", "annulled": "Anulada",
}  # fmt: skip
STEPS = {
    "received": "Llega la solicitud", "acknowledged": "Acuse de recibo con radicado",
    "transferred": "Traslado por competencia", "completion_requested": "La entidad pide completar la solicitud",
    "completed": "La persona completa la solicitud", "extended": "Prórroga del término",
    "progressed": "Avance del trámite", "answered": "Respuesta de fondo", "insisted": "La persona insiste",
    "archived": "Archivo por desistimiento tácito",
    "reopened": "La persona no queda conforme y se reabre",
    "approved_by_silence": "Se reconoce el silencio administrativo positivo", "sued": "Un juzgado notifica una tutela",
    "annulled": "Anulación del radicado", "extension_refused": "Prórroga que la ley no permite",
}  # fmt: skip
ACTORS = {"citizen": "Ciudadanía", "entity": "Entidad", "system": "Sistema", "court": "Juzgado"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person asks for; None: anything."""

    code: str | None = None
    pqrs_type: str | None = None
    status: str | None = None
    department: str | None = None
    topic: str | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    only_overdue: bool = False

    def parameters(self) -> dict[str, Any]:
        """Those of sql/asked.sql."""
        return asdict(self)


def page_after(ticket: tuple[datetime, str] | None) -> dict[str, Any]:
    """What sql/tickets.sql is asked with besides: the page after a ticket, or the first."""
    before_at, before_id = ticket or (None, None)
    return {"before_at": before_at, "before_id": before_id, "limit": PAGE_ROWS}


def code_of(typed: str) -> str | None:
    """What was typed, as a code to look for: without blanks and what cannot be printed. It is never more than text."""
    kept = "".join(letter for letter in typed if letter.isprintable() and not letter.isspace())
    return kept[:CODE_LENGTH_MAX] or None


def status_of(row: Mapping[Any, Any]) -> str:
    """The state in words, with what matters most about its term."""
    said = STATUSES.get(row["status"], row["status"])
    if row["is_overdue"]:
        return f"{said} · vencida"
    if row.get("is_lapsed"):
        return f"{said} · sin respuesta"
    return f"{said} · tarde" if row["is_breached"] else said


def listed(found: pd.DataFrame, types: Mapping[str, str], topics: Mapping[str, str]) -> pd.DataFrame:
    """The rows of sql/tickets.sql in words, in the order and with the names they are shown with."""
    return pd.DataFrame(
        {
            "Radicado": found["radicado"].fillna("sin radicar"),
            "Llegó": [wording.day(at) for at in found["opened_at"]],
            "Tipo": [types.get(code, code) for code in found["pqrs_type"]],
            "Tema": [
                wording.NOTHING if wording.is_missing(code) else topics.get(code, code) for code in found["topic"]
            ],
            "Departamento": found["department"].fillna(wording.NOTHING),
            "Estado": [status_of(row) for row in found.to_dict("records")],
            "Vence": [wording.day(day) for day in found["effective_due_on"]],
            "Identificador": found["ticket_id"],
        }
    )


def moved(event: Mapping[Any, Any]) -> str:
    """What a step did to the ticket: by whom, from which state to which."""
    to = STATUSES.get(event["to_status"], event["to_status"])
    before = (
        "" if wording.is_missing(event["from_status"]) else STATUSES.get(event["from_status"], event["from_status"])
    )
    states = f"de {before} a {to}" if before and before != to else f"queda {to}"
    who = ACTORS.get(event["actor"], event["actor"])
    return f"{who} · {states}{'' if event['is_effective'] else ' · no mueve el término'}"


def cards(ticket: Mapping[Any, Any]) -> list[Card]:
    """The dates that count, side by side."""
    moves = [
        f"{what} de {int(ticket[name])}{wording.THIN}días hábiles"
        for what, name in (("prórroga", "extension_days"), ("suspensión", "suspended_days"))
        if ticket[name]
    ]
    arrived = f"llegó el {wording.moment(ticket['opened_at'])}"
    taken = f"en {_business_days(ticket['business_days'])}" if _is_known(ticket["business_days"]) else ""
    return [
        Card("Estado", STATUSES.get(ticket["status"], ticket["status"]), note=_standing(ticket)),
        Card("Recibida legalmente", wording.day(ticket["received_on"]), note=arrived),
        _term(ticket),
        Card("Vencimiento de ley", wording.day(ticket["due_on"]), note="sin prórroga ni suspensión"),
        Card("Vencimiento efectivo", wording.day(ticket["effective_due_on"]), note=" y ".join(moves) or "el de ley"),
        Card("Cerrada", wording.day(ticket["closed_on"]), note=taken),
    ]  # fmt: skip


def _standing(ticket: Mapping[Any, Any]) -> str:
    if ticket["is_overdue"]:
        return "vencida sin respuesta"
    if ticket.get("is_lapsed"):
        return "nunca respondida"
    if ticket["is_breached"]:
        return "cerrada fuera de término"
    if not ticket["has_term"]:
        return ""
    return "cerrada en término" if _is_known(ticket["closed_on"]) else "dentro del término"


def _term(ticket: Mapping[Any, Any]) -> Card:
    hours = ticket.get("term_hours")
    if _is_known(hours):
        ends = f"vence el {wording.moment(ticket['due_at'])}"
        return Card("Término", f"{wording.count(hours)}{wording.THIN}horas", note=ends)
    return Card("Término", _business_days(ticket["term_days"]), note="desde el día siguiente a la recepción")


def _business_days(value: Any) -> str:
    return f"{wording.count(value)}{wording.THIN}días hábiles" if _is_known(value) else wording.NOTHING


def _is_known(value: Any) -> bool:
    return not wording.is_missing(value)
