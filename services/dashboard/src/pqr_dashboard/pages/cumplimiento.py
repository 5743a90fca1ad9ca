"""Whether terms are kept, whole, by type and by month. Part of Resumen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard.charts import compliance
from pqr_dashboard.figures import judging, months, sums, wording
from pqr_dashboard.figures.counted import span
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["bullet", "by_type", "monthly"]

MONTHLY = {  # what the cells of a month count, and which of its columns name the row
    "kpi_daily.received": {"day": "days"}, "kpi_daily.answered": {"day": "days"}, "kpi_sla.due": {"month": "month"},
    "kpi_sla.breached": {"month": "month"}, "kpi_daily.backlog": {"day": "last"}, "kpi_daily.overdue": {"day": "last"},
}  # fmt: skip


def bullet(context: Context, shown: Mapping[str, Any], address: str) -> None:
    widgets.section("Incumplimiento de los términos", "De las solicitudes cuyo término venció en el periodo.")
    rate = shown["breach_rate"]
    if wording.is_missing(rate):
        widgets.empty("Nada venció en este periodo", "Elija otro mes o todos los tipos.")
        return
    widgets.chart(
        compliance.bullet(int(shown["breached"]), int(shown["due"]), months.THRESHOLD, address=address),
        f"Incumplimiento de {wording.percent(rate)}, con el umbral en {wording.percent(months.THRESHOLD, 0)}.",
        key=context.key("incumplimiento"),
    )
    st.caption(
        f"**{wording.percent(rate)}**: {wording.count(shown['breached'])} de {wording.count(shown['due'])} que "
        f"vencían. {judging.judged(shown['breached'], shown['due'])}."
    )


def by_type(context: Context, types: Types, *, chosen: str | None, month: pd.Timestamp | None) -> None:
    mart = "kpi_territory" if month is None else "kpi_sla"
    counts = context.mart(mart)
    if month is not None:
        counts = counts[counts["month"] == month]
    widgets.section("Incumplimiento por tipo", f"Incumplidas sobre las que vencieron. {judging.HOW}")
    due = sums.summed(counts, "pqrs_type").query("due > 0")
    due = due.assign(
        breach_rate=due["breached"] / due["due"],
        is_chosen=(due["pqrs_type"] == chosen) | (chosen is None),
        name=[types.short.get(code, code) for code in due["pqrs_type"]],
        full_name=[types.called(code) for code in due["pqrs_type"]],
    ).sort_values("breach_rate", ascending=False)
    if due.empty:
        widgets.empty("Nada venció en este periodo", "Elija otro mes.")
        return
    worst = due.iloc[0]
    for column, into in (("due", "open_due"), ("breached", "opens")):
        due = context.opened(due, f"{mart}.{column}", {"pqrs_type": "pqrs_type"}, into=into, month=month)
    widgets.chart(
        compliance.breach_by_type(due, months.THRESHOLD),
        f"Incumplimiento por tipo; el mayor es {worst['full_name']} con {wording.percent(worst['breach_rate'])}.",
        key=context.key("por-tipo"),
    )
    widgets.how(f"{mart}.breached", f"{mart}.due", f"{mart}.breach_rate")
    with st.expander("Ver los datos por tipo"):
        widgets.table(
            due,
            [
                Column("full_name", "Tipo"), Column("due", "Vencían", wording.count, opens="open_due"),
                Column("breached", "Incumplidas", wording.count, opens="opens"),
                Column("breach_rate", "Incumplimiento", wording.percent, "due"),
            ],
            file="resumen-por-tipo", caption="Incumplimiento por tipo",
        )  # fmt: skip


def monthly(
    context: Context, by_month: pd.DataFrame, *, chosen_type: str | None, chosen_month: pd.Timestamp | None
) -> None:
    run = context.run
    widgets.section(
        "Mes a mes", "Un mes incompleto o de arranque no se compara; una media provisional deja fuera lo que espera."
    )
    stands = [run.standing.of_cohort(*pair) for pair in zip(by_month["month"], by_month["waiting"], strict=True)]
    spans = [months.within(month, (run.window_from, run.window_to)) for month in by_month["month"]]
    shown = by_month.assign(
        stands=stands,
        is_marked=by_month["month"] == chosen_month,
        days=[span(*days) for days in spans],
        last=[last for _, last in spans],
    )
    for figure, names in MONTHLY.items():
        column = figure.partition(".")[2]
        shown = context.opened(shown, figure, names, into=f"open_{column}", pqrs_type=chosen_type)
    widgets.table(
        shown,
        [
            Column("month", "Mes", wording.month),
            Column("received", "Recibidas", wording.count, opens="open_received"),
            Column("answered", "Respondidas", wording.count, opens="open_answered"),
            Column("due", "Vencían", wording.count, opens="open_due"),
            Column("breached", "Incumplidas", wording.count, opens="open_breached"),
            Column("breach_rate", "Incumplimiento", wording.percent, "due"),
            Column("backlog", "Pendientes al cierre", wording.count, opens="open_backlog"),
            Column("overdue", "Vencidas al cierre", wording.count, opens="open_overdue"),
            Column("mean_business_days", "Respuesta media (días)", wording.decimal, "closed"),
            Column("stands", "La media es"),
        ],
        file="resumen-por-mes", caption="Cifras por mes",
    )  # fmt: skip
    widgets.how(*MONTHLY)
