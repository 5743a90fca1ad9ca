"""Resumen: what came, what was answered, what waits, and whether terms are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard.figures import headline, judging, months, wording
from pqr_dashboard.figures.balance import Balance
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.figures.standing import WARM_UP
from pqr_dashboard.pages import cumplimiento, flujo
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
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
        cards = headline.of_run(of_run, survival_median=_survival(context) if chosen_type is None else None)
    else:
        cards = headline.of_month(by_start, chosen_month, run.standing)
    counted = headline.counted(chosen_month, (run.window_from, run.window_to))
    addresses = [context.opens(figure, pqrs_type=chosen_type, **names) for figure, names in counted]
    told = zip(cards, addresses, strict=True)
    widgets.cards([replace(card, open=address if card.value != wording.NOTHING else "") for card, address in told])
    widgets.note(_verdict(shown))
    account = Balance.of(months.of_month(months.of_type(daily, chosen_type), chosen_month))
    if account is not None:
        st.caption(account.said())
    widgets.how(*(figure for figure, _ in counted))
    flujo.sections(context, months.of_type(daily, chosen_type), pqrs_type=chosen_type, month=chosen_month)
    left, right = st.columns([2, 3], gap="large")
    of_due = dict(zip(headline.NOTES, addresses, strict=True))["breach_rate"]
    with left:
        cumplimiento.bullet(context, shown, of_due)
    with right:
        cumplimiento.by_type(context, types, chosen=chosen_type, month=chosen_month)
    cumplimiento.monthly(context, of_type, chosen_type=chosen_type, chosen_month=chosen_month)
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


def _survival(context: Context) -> Any:
    """The median of the run with those that wait counted for as long as they have; runs of before do not say."""
    return context.mart("kpi_executive").reindex(columns=["survival_median"]).squeeze()


def _definitions() -> None:
    with st.expander("Cómo se leen estas cifras"):
        st.markdown(
            "- **Respuesta media**: por mes, de las que vencían en ese mes, sin contar las que aún esperan; la mediana "
            "de Términos sí las cuenta.\n"
            "- **Pendientes**: las felicitaciones y los traslados no cuentan; lo que nadie responde deja de contarse a "
            f"los {THREAD_DAYS} días de llegar.\n"
            "- **Cambio**: del mes elegido frente al anterior, si ambos están completos y la bandeja ya no arrancaba; "
            "una media, además, solo cuando nada espera. El periodo entero no se compara con nada.\n"
            f"- **{WARM_UP}**: los primeros {THREAD_DAYS} días de la bandeja, en los que faltan solicitudes de antes."
        )
