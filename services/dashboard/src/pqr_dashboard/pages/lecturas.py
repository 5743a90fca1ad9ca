"""Who read which mails, and when. Part of Operación."""

from __future__ import annotations

import contextlib

import pandas as pd

from pqr_dashboard.access.login import ROLE_NAMES
from pqr_dashboard.figures import wording
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column
from pqr_dashboard.warehouse import NotPublished

__all__ = ["section"]


def section(context: Context) -> None:
    widgets.section(
        "Lecturas de correos", "Cada correo que se mostró: a quién, cuál y cuándo. Las más recientes, primero."
    )
    found = pd.DataFrame()
    with contextlib.suppress(NotPublished):  # a database that was not migrated since they are written down
        found = context.fresh.read("readings")
    if found.empty:
        widgets.empty("Nadie ha leído ningún correo", "Se registra cuando alguien abre una solicitud.")
        return
    named = found.assign(role=found["person_role"].map(ROLE_NAMES).fillna("Este equipo"))
    widgets.table(named, COLUMNS, file="lecturas", caption="Lecturas de correos")


COLUMNS = (
    Column("read_at", "Cuándo", lambda value: wording.moment(value, "%H:%M:%S")),
    Column("person", "Quién"),
    Column("role", "Rol"),
    Column("ticket_id", "Solicitud"),
    Column("message_id", "Correo"),
    Column("run_id", "Corrida"),
)
