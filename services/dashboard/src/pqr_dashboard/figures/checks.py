"""Quality checks in the words of operators: what is compared with what, and numbers as Colombians read them. Pure."""

from __future__ import annotations

import re
from typing import Any

from pqr_dashboard.figures import wording

__all__ = ["named", "valued"]

NAMES = {
    "bronze_row_balance": "Líneas leídas = filas + rechazos", "silver_row_balance": "Correos = filas + rechazos",
    "breach_quota": "Cuota de incumplimientos", "days_keyed": "Días con su plan", "days_written": "Días escritos",
    "continuation_emails": "Correos que continúan hilos de antes", "duplicates_removed": "Repetidos retirados",
    "message_ids_used_again": "Identificadores de correo reutilizados", "rows_deleted": "Filas borradas",
    "radicados_of_several_threads": "Radicados de varios hilos", "rows_inserted": "Filas insertadas",
    "tickets_unlike_their_events": "Solicitudes distintas de sus pasos",
}  # fmt: skip
MEASURES = {
    "received": "Recibidas", "answered": "Respondidas", "archived": "Archivadas", "transferred": "Trasladadas",
    "lapsed": "Sin respuesta en 140 días", "open": "Pendientes", "overdue": "Vencidas", "due": "Vencían",
    "breached": "Incumplidas", "in_term": "En término", "late": "Tarde", "unanswered": "Sin respuesta",
    "closed": "Cerradas", "rows": "Filas", "digest": "Huella", "inserted": "Insertadas", "deleted": "Borradas",
}  # fmt: skip
DATASETS = {
    "kpi_executive": "cifras principales", "kpi_daily": "cifras por día", "kpi_daily_backlog": "pendientes por día",
    "kpi_sla": "términos por mes", "kpi_territory": "territorio", "kpi_topic": "temas", "kpi_peaks": "picos",
    "kpi_response_time": "días de respuesta", "kpi_backlog_age": "antigüedad", "kpi_arrivals": "horas de llegada",
    "kpi_cohorts": "cohortes", "report_access_to_information": "informe de acceso", "total_flow": "flujo",
    "silver_tickets": "solicitudes", "tickets": "solicitudes", "ticket_events": "pasos", "calendar": "calendario",
    "sla_policies": "términos de ley", "the_law": "la ley", "staged": "lo preparado", "gold": "Oro", "silver": "Plata",
}  # fmt: skip
COMPARED = re.compile(rf"({'|'.join(MEASURES)})_(?:core\.|gold\.)?(.+)_is_(.+)")
PHRASES = {
    "as few as differ": "solo las que cambian",
    " of those that a quarter opens, give or take one ticket": " de lo que abre un trimestre, más o menos una",
    " of ": " de ",
}


def named(name: str) -> str:
    """received_kpi_daily_is_kpi_executive -> Recibidas: cifras por día = cifras principales"""
    found = COMPARED.fullmatch(name)
    if found is None:
        return NAMES.get(name, name.replace("_", " "))
    measure, one, other = found.groups()
    return f"{MEASURES[measure]}: {_dataset(one)} = {_dataset(other)}"


def valued(value: Any) -> str:
    """What was observed or expected: 2348 of 24722 -> 2.348 de 24.722; a digest stays as it is."""
    text = str(value)
    for said, spanish in PHRASES.items():
        text = text.replace(said, spanish)
    text = re.sub(r"(?<![\w.-])\d+\.\d+(?![\w.-])", lambda found: found[0].replace(".", ","), text)
    return re.sub(r"(?<![\w,.-])\d{4,}(?![\w,.-]*[a-z\d])", lambda found: wording.count(int(found[0])), text)


def _dataset(name: str) -> str:
    return DATASETS.get(name, name.replace("_", " "))
