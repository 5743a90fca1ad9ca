"""Resumen: what came, what was answered, what waits, and whether terms are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard.charts import compliance
from pqr_dashboard.figures import months, sums, wording
from pqr_dashboard.figures.balance import Balance
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.pages import flujo
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["page"]

EVERY_MONTH = "Todo el periodo"


def page(context: Context) -> None:
    run = context.run
    window = f"{wording.day(run.window_from)} al {wording.day(run.window_to)}"
    widgets.title("Resumen", f"Peticiones, quejas, reclamos, sugerencias y denuncias del {window}.")
    types = Types.of(context.read("types"), context.mart("kpi_daily"))
    if any(context.lacks(name) for name in ("kpi_daily", "kpi_sla", "kpi_territory")):
        widgets.lacking()
        return
    daily, sla, territory = context.mart("kpi_daily"), context.mart("kpi_sla"), context.mart("kpi_territory")
    by_month = months.by_month(daily, sla)
    chosen_type, chosen_month = _filters(types, by_month)
    of_type = months.by_month(months.of_type(daily, chosen_type), months.of_type(sla, chosen_type))
    by_start = months.by_start(of_type)
    of_run = months.whole(months.of_type(territory, chosen_type))
    complete = months.complete_months(run.window_from, run.window_to)
    widgets.cards(months.headline(of_run, by_start, complete=complete, chosen=chosen_month))
    widgets.note(_verdict(of_run if chosen_month is None else by_start[chosen_month]))
    account = Balance.of(months.of_month(months.of_type(daily, chosen_type), chosen_month))
    if account is not None:
        st.caption(account.said())
    flujo.sections(context, months.of_type(daily, chosen_type), has_peaks=chosen_type is None)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _gauge(of_run if chosen_month is None else by_start[chosen_month])
    with right:
        _by_type(territory if chosen_month is None else sla[sla["month"] == chosen_month], types)
    _monthly(of_type)
    _definitions()


def _verdict(shown: Mapping[str, Any]) -> str:
    """The page in one sentence."""
    rate = shown["breach_rate"]
    left = f"{wording.count(shown['backlog'])} siguen pendientes y {wording.count(shown['overdue'])} están vencidas."
    if wording.is_missing(rate):
        return f"Todavía no ha vencido ningún término; {left}"
    side = "por encima" if rate > months.THRESHOLD else "por debajo"
    return (
        f"{wording.percent(1 - rate)} de las solicitudes que vencían se atendieron en término: el incumplimiento, "
        f"{wording.percent(rate)}, está {side} del umbral de {wording.percent(months.THRESHOLD, 0)}; {left}"
    )


def _filters(types: Types, by_month: pd.DataFrame) -> tuple[str | None, pd.Timestamp | None]:
    left, right, _ = st.columns([2, 2, 3])
    with left:
        month = st.selectbox(
            "Periodo", ["", *reversed(by_month["month"].tolist())], key="resumen-mes",
            format_func=lambda start: wording.month(start) if start else EVERY_MONTH,
        )  # fmt: skip
    with right:
        code = st.selectbox("Tipo de solicitud", ["", *types.names], format_func=types.called, key="resumen-tipo")
    return code or None, month or None


def _gauge(shown: Mapping[str, Any]) -> None:
    widgets.section("Cumplimiento de los términos", "De las solicitudes cuyo término venció en el periodo.")
    rate = shown["breach_rate"]
    if wording.is_missing(rate):
        widgets.empty("Nada venció en este periodo", "Elija otro mes o todos los tipos.")
        return
    widgets.chart(
        compliance.gauge(rate, months.THRESHOLD),
        f"{wording.percent(1 - rate)} cumplidas en término de una meta de 100 %; incumplimiento "
        f"{wording.percent(rate)}, umbral {wording.percent(months.THRESHOLD, 0)}.",
    )


def _by_type(counts: pd.DataFrame, types: Types) -> None:
    widgets.section("Incumplimiento por tipo", "Incumplidas sobre las que vencieron. En rojo, por encima del umbral.")
    due = sums.summed(counts, "pqrs_type").query("due > 0")
    due = due.assign(
        breach_rate=due["breached"] / due["due"],
        name=[types.short.get(code, code) for code in due["pqrs_type"]],
        full_name=[types.called(code) for code in due["pqrs_type"]],
    ).sort_values("breach_rate", ascending=False)
    if due.empty:
        widgets.empty("Nada venció en este periodo", "Elija otro mes.")
        return
    worst = due.iloc[0]
    widgets.chart(
        compliance.breach_by_type(due, months.THRESHOLD),
        f"Incumplimiento por tipo; el mayor es {worst['full_name']} con {wording.percent(worst['breach_rate'])}.",
    )
    with st.expander("Ver los datos por tipo"):
        widgets.table(
            due,
            [
                Column("full_name", "Tipo"), Column("due", "Vencían", wording.count),
                Column("breached", "Incumplidas", wording.count),
                Column("breach_rate", "Incumplimiento", wording.percent),
            ],
            file="resumen-por-tipo", caption="Incumplimiento por tipo",
        )  # fmt: skip


def _monthly(by_month: pd.DataFrame) -> None:
    widgets.section("Mes a mes")
    widgets.table(
        by_month,
        [
            Column("month", "Mes", wording.month), Column("received", "Recibidas", wording.count),
            Column("answered", "Respondidas", wording.count), Column("due", "Vencían", wording.count),
            Column("breached", "Incumplidas", wording.count),
            Column("breach_rate", "Incumplimiento", wording.percent),
            Column("backlog", "Pendientes al cierre", wording.count),
            Column("overdue", "Vencidas al cierre", wording.count),
            Column("mean_business_days", "Respuesta media (días)", wording.decimal),
            Column("waiting", "Sin contar en la media", wording.count),
        ],
        file="resumen-por-mes", caption="Cifras por mes",
    )  # fmt: skip


def _definitions() -> None:
    with st.expander("Cómo se cuentan estas cifras"):
        st.markdown(
            "- **Incumplimiento**: respondidas después de su término, o sin respuesta con el término vencido, sobre "
            "todas las que vencían hasta el cierre. Las felicitaciones y los traslados no cuentan.\n"
            "- **Pendientes**: con término legal y sin respuesta, archivo ni traslado al cierre del periodo, "
            "también las que llegaron antes de él. Una que nadie responde deja de contarse a los 140 días de llegar.\n"
            "- **Vencidas sin respuesta**: la parte de las pendientes cuyo término ya pasó.\n"
            "- **Respuesta media**: días hábiles desde la recepción legal hasta la respuesta o el archivo. Por mes, "
            "de las que vencían en ese mes, sin contar las que aún esperan; la mediana de Términos sí las cuenta.\n"
            "- **Cambio**: entre los dos últimos meses completos, o del mes elegido frente al anterior."
        )
