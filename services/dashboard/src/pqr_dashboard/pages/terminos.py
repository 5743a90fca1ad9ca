"""Términos: how legal terms are kept, by type and month; how long answers take; how old is what waits."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pqr_dashboard import answers, figures, months, widgets
from pqr_dashboard.charts import terms
from pqr_dashboard.context import Context
from pqr_dashboard.names import Types
from pqr_dashboard.parts import Column

__all__ = ["page"]


def page(context: Context) -> None:
    run = context.run
    widgets.title(
        "Términos",
        "Cómo se cumplen los términos de la Ley 1755 de 2015 en las solicitudes recibidas hasta el "
        f"{figures.day(run.window_to)}.",
    )
    types = Types.of(context.read("types"))
    _by_type_and_month(context.read("sla"), types)
    left, _ = st.columns([2, 5])
    with left:
        code = st.selectbox("Tipo de solicitud", ["", *types.names], format_func=types.called, key="terminos-tipo")
    chosen = code or None
    left, right = st.columns([3, 2], gap="large")
    with left:
        _response_time(months.of_type(context.read("response_time"), chosen), types, chosen)
    with right:
        _age(months.of_type(context.read("backlog_age"), chosen))
    _access_to_information(context.read("access_to_information"), types)


def _by_type_and_month(sla: pd.DataFrame, types: Types) -> None:
    widgets.section(
        "Incumplimiento por tipo y mes",
        "Por el mes en que vencía el término. El tono vira a ámbar al llegar al umbral de "
        f"{figures.percent(months.THRESHOLD, 0)} y a rojo por encima.",
    )
    if sla.empty:
        widgets.empty("Ningún término ha vencido todavía", "Elija una corrida con un periodo más largo.")
        return
    cells = answers.with_totals(sla, types)
    worst = cells[cells["pqrs_type"].notna()].sort_values("breach_rate").iloc[-1]
    widgets.chart(
        terms.heat(cells, [answers.EVERY_TYPE, *types.short.values()], months.THRESHOLD),
        f"Incumplimiento por tipo y mes; el mayor es {worst['name']} en {figures.month(worst['month'])} con "
        f"{figures.percent(worst['breach_rate'])}.",
    )
    with st.expander("Ver los datos por tipo y mes"):
        rows = sla.assign(name=[types.called(code) for code in sla["pqrs_type"]])
        widgets.table(
            rows,
            [
                Column("month", "Mes", figures.month), Column("name", "Tipo"), Column("due", "Vencían", figures.count),
                Column("in_term", "En término", figures.count), Column("late", "Tarde", figures.count),
                Column("open_overdue", "Sin respuesta", figures.count),
                Column("breach_rate", "Incumplimiento", figures.percent),
                Column("mean_business_days", "Media (días)", figures.decimal),
                Column("p50_business_days", "Mediana", figures.count),
                Column("p90_business_days", "Percentil 90", figures.count),
                Column("p95_business_days", "Percentil 95", figures.count),
            ],
            file="terminos-por-tipo-y-mes", caption="Cumplimiento por tipo y mes",
        )  # fmt: skip


def _response_time(days: pd.DataFrame, types: Types, chosen: str | None) -> None:
    widgets.section("Cuánto tarda una respuesta", "Días hábiles desde la recepción legal; punteado, el término de ley.")
    if days.empty:
        widgets.empty("Ninguna solicitud cerrada", "Elija otro tipo de solicitud.")
        return
    bars, summary = answers.stacked(days), answers.summary(days)
    widgets.chart(
        terms.response_time(bars, answers.terms(types, chosen)),
        f"Distribución de {figures.count(summary.closed)} respuestas; la mitad tarda {summary.median} días hábiles o "
        f"menos y nueve de cada diez en {summary.ninety} o menos.",
    )
    st.caption(
        f"La mitad se cierra en **{summary.median}** días hábiles o menos; nueve de cada diez, en "
        f"**{summary.ninety}** o menos. Fuera de término: **{figures.percent(summary.late_share)}** de las "
        f"{figures.count(summary.closed)} cerradas."
    )
    with st.expander("Ver los datos por día hábil"):
        widgets.table(
            answers.by_day(days),
            [
                Column("business_days", "Días hábiles", figures.count), Column("tickets", "Cerradas", figures.count),
                Column("late", "Fuera de término", figures.count),
                Column("cumulative_share", "Acumulado", figures.percent),
            ],
            file="terminos-dias-de-respuesta", caption="Respuestas por días hábiles",
        )  # fmt: skip


def _age(ages: pd.DataFrame) -> None:
    widgets.section("Antigüedad de lo pendiente", "Sin respuesta al cierre, por días hábiles de espera.")
    bands = answers.by_age(ages)
    if not bands["tickets"].sum():
        widgets.empty("Nada pendiente", "Todas las solicitudes de este tipo tienen respuesta.")
        return
    overdue = bands.loc[bands["is_overdue"], "tickets"].sum()
    widgets.chart(
        terms.age(bands),
        f"{figures.count(bands['tickets'].sum())} solicitudes pendientes por antigüedad, {figures.count(overdue)} "
        "vencidas.",
    )
    with st.expander("Ver los datos por antigüedad"):
        widgets.table(
            bands,
            [
                Column("age_band", "Días hábiles"), Column("kind", "Estado"),
                Column("tickets", "Solicitudes", figures.count),
            ],
            file="terminos-antiguedad", caption="Pendientes por antigüedad",
        )  # fmt: skip


def _access_to_information(report: pd.DataFrame, types: Types) -> None:
    widgets.section(
        "Informe de solicitudes de acceso a la información",
        "Ley 1712 de 2014 y Decreto 103 de 2015, artículo 52: recibidas, trasladadas, días hábiles de respuesta y "
        "acceso negado, por mes de recepción.",
    )
    widgets.table(
        report.assign(name=[types.short.get(code, code) for code in report["pqrs_type"]]),
        [
            Column("month", "Mes", figures.month), Column("name", "Tipo"),
            Column("received", "a) Recibidas", figures.count),
            Column("transferred", "b) Trasladadas", figures.count),
            Column("transferred_rate", "% traslado", figures.percent),
            Column("answered", "Respondidas", figures.count),
            Column("mean_business_days", "c) Media (días)", figures.decimal),
            Column("p50_business_days", "Mediana", figures.count), Column("p90_business_days", "P90", figures.count),
            Column("max_business_days", "Máximo", figures.count),
            Column("access_denied", "d) Negadas", figures.count),
            Column("access_denied_rate", "% negado", figures.percent),
        ],
        file="informe-acceso-a-la-informacion", caption="Informe de acceso a la información",
        total=answers.report_total(report),
    )  # fmt: skip
