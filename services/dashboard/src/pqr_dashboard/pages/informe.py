"""The report that the law asks of requests for access to information. Part of Términos."""

from __future__ import annotations

import streamlit as st

from pqr_dashboard.figures import compliance, wording
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["section"]

COUNTED = ("received", "transferred", "answered", "access_denied")
REPORTED = ("received", "transferred", "mean_business_days", "access_denied")


def section(context: Context, types: Types) -> None:
    widgets.section(
        "Informe de solicitudes de acceso a la información",
        "Ley 1712 de 2014 y Decreto 103 de 2015, artículo 52: recibidas, trasladadas, días hábiles de respuesta y "
        "acceso negado, por mes de recepción.",
    )
    if context.lacks("report_access_to_information"):
        widgets.lacking()
        return
    report = context.mart("report_access_to_information").sort_values(["month", "pqrs_type"])
    st.caption(compliance.UNFINISHED)
    rows = compliance.with_standing(report, context.run.standing, ("answered",))
    rows = rows.assign(ours=rows["received"] - rows["transferred"])  # what was passed on is not ours to answer
    by = {"month": "month", "pqrs_type": "pqrs_type"}
    rows = context.opened_each(rows, [f"report_access_to_information.{column}" for column in COUNTED], by)
    widgets.table(
        rows.assign(
            closed_share=compliance.shares(rows, "closed", "ours"),
            name=[types.short.get(code, code) for code in report["pqrs_type"]],
        ),
        [
            Column("month", "Mes", wording.month), Column("name", "Tipo"),
            Column("received", "a) Recibidas", wording.count, opens="open_received"),
            Column("transferred", "b) Trasladadas", wording.count, opens="open_transferred"),
            Column("transferred_rate", "% traslado", wording.percent, "received"),
            Column("answered", "Respondidas", wording.count, opens="open_answered"),
            Column("closed_share", "% respondido", wording.percent, "ours"),
            Column("mean_business_days", "c) Media (días)", wording.decimal, "answered"),
            Column("p50_business_days", "Mediana", wording.count, "answered"),
            Column("p90_business_days", "P90", wording.count, "answered"),
            Column("max_business_days", "Máximo", wording.count),
            Column("survival_median", "Mediana estimada", wording.count, "ours"),
            Column("stands", "La media es"),
            Column("access_denied", "d) Negadas", wording.count, opens="open_access_denied"),
            Column("access_denied_rate", "% negado", wording.percent, "received"),
        ],
        file="informe-acceso-a-la-informacion", caption="Informe de acceso a la información",
        total=compliance.report_total(report),
    )  # fmt: skip
    widgets.how(*(f"report_access_to_information.{column}" for column in REPORTED))
