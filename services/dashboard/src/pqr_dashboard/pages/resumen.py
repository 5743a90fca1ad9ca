"""Resumen: what came, what was answered, what waits, and whether terms are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard.charts import compliance
from pqr_dashboard.figures import headline, judging, months, sums, wording
from pqr_dashboard.figures.balance import Balance
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.figures.standing import WARM_UP, Standing
from pqr_dashboard.pages import flujo
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column
from pqrs.terms import THREAD_DAYS

__all__ = ["page"]

EVERY_MONTH = "Todo el periodo"
CHANCE = {judging.WORSE: ", más de lo que explica el azar", judging.ABOVE: ", aunque podría ser azar"}


def page(context: Context) -> None:
    run = context.run
    window = f"{wording.day(run.window_from)} al {wording.day(run.window_to)}"
    widgets.title("Resumen", f"Peticiones, quejas, reclamos, sugerencias y denuncias del {window}.")
    widgets.warning(run.standing.said())
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
    shown = of_run if chosen_month is None else by_start[chosen_month]
    if chosen_month is None:
        widgets.cards(headline.of_run(of_run, survival_median=_survival(context) if chosen_type is None else None))
    else:
        widgets.cards(headline.of_month(by_start, chosen_month, run.standing))
    widgets.note(_verdict(shown))
    account = Balance.of(months.of_month(months.of_type(daily, chosen_type), chosen_month))
    if account is not None:
        st.caption(account.said())
    flujo.sections(context, months.of_type(daily, chosen_type), has_peaks=chosen_type is None, month=chosen_month)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _bullet(shown)
    with right:
        _by_type(territory if chosen_month is None else sla[sla["month"] == chosen_month], types, chosen_type)
    _monthly(of_type, run.standing, chosen_month)
    _definitions()


def _verdict(shown: Mapping[str, Any]) -> str:
    """The page in one sentence."""
    rate = shown["breach_rate"]
    left = f"{wording.count(shown['backlog'])} siguen pendientes y {wording.count(shown['overdue'])} están vencidas."
    if wording.is_missing(rate):
        return f"Todavía no ha vencido ningún término; {left}"
    kind = judging.judged(shown["breached"], shown["due"])
    side = "por encima" if rate > months.THRESHOLD else "por debajo"
    return (
        f"{wording.percent(1 - rate)} de las solicitudes que vencían se atendieron en término: el incumplimiento, "
        f"{wording.percent(rate)}, está {side} del umbral de {wording.percent(months.THRESHOLD, 0)}"
        f"{CHANCE.get(kind, '')}; {left}"
    )


def _filters(types: Types, by_month: pd.DataFrame) -> tuple[str | None, pd.Timestamp | None]:
    left, right, _ = st.columns([2, 2, 3])
    with left:
        month = st.selectbox(
            "Periodo", ["", *reversed(by_month["month"].tolist())], key="resumen-mes", bind="query-params",
            format_func=lambda start: wording.month(start) if start else EVERY_MONTH,
        )  # fmt: skip
    with right:
        code = st.selectbox(
            "Tipo de solicitud", ["", *types.names], format_func=types.called, key="resumen-tipo", bind="query-params"
        )
    return code or None, month or None


def _bullet(shown: Mapping[str, Any]) -> None:
    widgets.section("Incumplimiento de los términos", "De las solicitudes cuyo término venció en el periodo.")
    rate = shown["breach_rate"]
    if wording.is_missing(rate):
        widgets.empty("Nada venció en este periodo", "Elija otro mes o todos los tipos.")
        return
    widgets.chart(
        compliance.bullet(int(shown["breached"]), int(shown["due"]), months.THRESHOLD),
        f"Incumplimiento de {wording.percent(rate)}, con el umbral en {wording.percent(months.THRESHOLD, 0)}.",
    )
    st.caption(
        f"**{wording.percent(rate)}**: {wording.count(shown['breached'])} de {wording.count(shown['due'])} que "
        f"vencían. {judging.judged(shown['breached'], shown['due'])}."
    )


def _by_type(counts: pd.DataFrame, types: Types, chosen: str | None) -> None:
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
                Column("breach_rate", "Incumplimiento", wording.percent, "due"),
            ],
            file="resumen-por-tipo", caption="Incumplimiento por tipo",
        )  # fmt: skip


def _survival(context: Context) -> Any:
    """The median of the run with those that wait counted for as long as they have; runs of before do not say."""
    return context.mart("kpi_executive").reindex(columns=["survival_median"]).squeeze()


def _monthly(by_month: pd.DataFrame, standing: Standing, chosen: pd.Timestamp | None) -> None:
    widgets.section(
        "Mes a mes", "Un mes incompleto o de arranque no se compara; una media provisional deja fuera lo que espera."
    )
    stands = [standing.of_cohort(*pair) for pair in zip(by_month["month"], by_month["waiting"], strict=True)]
    widgets.table(
        by_month.assign(stands=stands, is_marked=by_month["month"] == chosen),
        [
            Column("month", "Mes", wording.month), Column("received", "Recibidas", wording.count),
            Column("answered", "Respondidas", wording.count), Column("due", "Vencían", wording.count),
            Column("breached", "Incumplidas", wording.count),
            Column("breach_rate", "Incumplimiento", wording.percent, "due"),
            Column("backlog", "Pendientes al cierre", wording.count),
            Column("overdue", "Vencidas al cierre", wording.count),
            Column("mean_business_days", "Respuesta media (días)", wording.decimal, "closed"),
            Column("stands", "La media es"),
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
            "- **Cambio**: del mes elegido frente al anterior, si ambos están completos y la bandeja ya no arrancaba; "
            "una media, además, solo cuando nada espera. El periodo entero no se compara con nada.\n"
            f"- **{WARM_UP}**: los primeros {THREAD_DAYS} días de la bandeja, en los que faltan solicitudes de antes."
        )
