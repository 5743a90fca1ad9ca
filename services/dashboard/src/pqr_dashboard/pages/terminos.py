"""Términos: how legal terms are kept, by type and month; how long answers take; how old is what waits."""

from __future__ import annotations

import streamlit as st

from pqr_dashboard.charts import compliance as charts
from pqr_dashboard.figures import compliance, judging, months, wording
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.pages import informe
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["page"]


def page(context: Context) -> None:
    run = context.run
    widgets.title(
        "Términos",
        "Cómo se cumplen los términos de la Ley 1755 de 2015 en las solicitudes recibidas hasta el "
        f"{wording.day(run.window_to)}.",
    )
    widgets.warning(run.standing.said())
    types = Types.of(context.read("types"), context.mart("kpi_daily"))
    _by_type_and_month(context, types)
    left, _ = st.columns([2, 5])
    with left:
        code = st.selectbox(
            "Tipo de solicitud", ["", *types.names], format_func=types.called, key="terminos-tipo", bind="query-params"
        )
    chosen = code or None
    left, right = st.columns([3, 2], gap="large")
    with left:
        _response_time(context, types, chosen)
    with right:
        _age(context, chosen)
    informe.section(context, types)


def _by_type_and_month(context: Context, types: Types) -> None:
    widgets.section(
        "Incumplimiento por tipo y mes",
        f"Por el mes en que vencía el término. {judging.HOW}",
    )
    if context.lacks("kpi_sla"):
        widgets.lacking()
        return
    sla = context.mart("kpi_sla").sort_values(["month", "pqrs_type"])
    if sla.empty:
        widgets.empty("Ningún término ha vencido todavía", "Elija una corrida con un periodo más largo.")
        return
    cells = compliance.with_totals(sla, types)
    marks = {month: context.run.standing.of_month(month) for month in cells["month"].unique()}
    cells = cells.assign(mark=cells["month"].map(marks))
    worst = cells[cells["pqrs_type"].notna()].sort_values("breach_rate").iloc[-1]
    by = {"month": "month", "pqrs_type": "pqrs_type"}
    cells = context.opened(cells, "kpi_sla.breached", by)
    widgets.chart(
        charts.heat(cells, [compliance.EVERY_TYPE, *types.short.values()]),
        f"Incumplimiento por tipo y mes; el mayor es {worst['name']} en {wording.month(worst['month'])} con "
        f"{wording.percent(worst['breach_rate'])}.",
        key=context.key("tipo-y-mes"),
    )
    widgets.how("kpi_sla.breached", "kpi_sla.due", "kpi_sla.breach_rate", "kpi_sla.survival_median")
    with st.expander("Ver los datos por tipo y mes"):
        rows = compliance.with_standing(sla, context.run.standing, ("in_term", "late"))
        rows = rows.assign(
            closed_share=compliance.shares(rows, "closed", "due"),
            name=[types.called(code) for code in sla["pqrs_type"]],
        )
        rows = context.opened_each(rows, [f"kpi_sla.{column}" for column in COUNTED], by)
        st.caption(compliance.UNFINISHED)
        widgets.table(rows, COHORTS, file="terminos-por-tipo-y-mes", caption="Cumplimiento por tipo y mes")


def _response_time(context: Context, types: Types, chosen: str | None) -> None:
    widgets.section("Cuánto tarda una respuesta", "Días hábiles desde la recepción legal; punteado, el término de ley.")
    if context.lacks("kpi_response_time", "tickets", "late"):
        widgets.lacking()
        return
    days = months.of_type(context.mart("kpi_response_time"), chosen)
    if days.empty:
        widgets.empty("Ninguna solicitud cerrada", "Elija otro tipo de solicitud.")
        return
    bars, summary = compliance.stacked(days), compliance.summary(days)
    by = {"business_days": "business_days"}
    kept = context.opened(bars, "kpi_response_time.tickets", by, pqrs_type=chosen, but="late")
    late = context.opened(bars, "kpi_response_time.late", by, pqrs_type=chosen)
    bars = kept.where(bars["kind"] != compliance.LATE, late)
    widgets.chart(
        charts.response_time(bars, compliance.terms(types, chosen)),
        f"Distribución de {wording.count(summary.closed)} respuestas; la mitad tarda {summary.median} días hábiles o "
        f"menos y nueve de cada diez en {summary.ninety} o menos.",
        key=context.key("respuesta"),
    )
    widgets.how("kpi_response_time.tickets", "kpi_response_time.late")
    st.caption(
        f"La mitad se cierra en **{summary.median}** días hábiles o menos; nueve de cada diez, en "
        f"**{summary.ninety}** o menos. Fuera de término: **{wording.percent(summary.late_share)}** de las "
        f"{wording.count(summary.closed)} cerradas."
    )
    with st.expander("Ver los datos por día hábil"):
        rows = compliance.by_day(days)
        rows = context.opened_each(rows, ["kpi_response_time.tickets", "kpi_response_time.late"], by, pqrs_type=chosen)
        widgets.table(
            rows,
            [
                Column("business_days", "Días hábiles", wording.count),
                Column("tickets", "Cerradas", wording.count, opens="open_tickets"),
                Column("late", "Fuera de término", wording.count, opens="open_late"),
                Column("cumulative_share", "Acumulado", wording.percent),
            ],
            file="terminos-dias-de-respuesta", caption="Respuestas por días hábiles",
        )  # fmt: skip


def _age(context: Context, chosen: str | None) -> None:
    widgets.section("Antigüedad de lo pendiente", "Sin respuesta al cierre, por días hábiles de espera.")
    if context.lacks("kpi_backlog_age", "tickets"):
        widgets.lacking()
        return
    bands = compliance.by_age(months.of_type(context.mart("kpi_backlog_age"), chosen))
    if not bands["tickets"].sum():
        widgets.empty("Nada pendiente", "Todas las solicitudes de este tipo tienen respuesta.")
        return
    overdue = bands.loc[bands["is_overdue"], "tickets"].sum()
    by = {name: name for name in ("is_overdue", "days_from", "days_to")}
    bands = context.opened(bands, "kpi_backlog_age.tickets", by, pqrs_type=chosen)
    widgets.chart(
        charts.age(bands),
        f"{wording.count(bands['tickets'].sum())} solicitudes pendientes por antigüedad, {wording.count(overdue)} "
        "vencidas.",
        key=context.key("antiguedad"),
    )
    widgets.how("kpi_backlog_age.tickets")
    with st.expander("Ver los datos por antigüedad"):
        widgets.table(
            bands,
            [
                Column("age_band", "Días hábiles"), Column("kind", "Estado"),
                Column("tickets", "Solicitudes", wording.count, opens="opens"),
            ],
            file="terminos-antiguedad", caption="Pendientes por antigüedad",
        )  # fmt: skip


COUNTED = ("due", "in_term", "late", "open_overdue")
COHORTS = (
    Column("month", "Mes", wording.month), Column("name", "Tipo"),
    Column("due", "Vencían", wording.count, opens="open_due"),
    Column("in_term", "En término", wording.count, opens="open_in_term"),
    Column("late", "Tarde", wording.count, opens="open_late"),
    Column("open_overdue", "Sin respuesta", wording.count, opens="open_open_overdue"),
    Column("breach_rate", "Incumplimiento", wording.percent, "due"),
    Column("closed_share", "Ya cerradas", wording.percent, "due"),
    Column("mean_business_days", "Media (días)", wording.decimal, "closed"),
    Column("p50_business_days", "Mediana", wording.count, "closed"),
    Column("p90_business_days", "Percentil 90", wording.count, "closed"),
    Column("p95_business_days", "Percentil 95", wording.count, "closed"),
    Column("survival_median", "Mediana estimada", wording.count, "due"),
    Column("stands", "La media es"),
)  # fmt: skip
