"""Simulador: the same arrivals with other terms, another capacity to answer or another order."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pqr_dashboard.charts import simulator as charts
from pqr_dashboard.figures import wording
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.pages.context import Context
from pqr_dashboard.simulator import comparison, meaning, model
from pqr_dashboard.simulator.model import Variation
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["page"]

LAWFUL, ALL_TERMS, EACH_TERM = "Los de la ley", "Todos más o menos días", "Uno por tipo"
AS_IT_WAS, SHARE, A_DAY = "La que hubo", "Un porcentaje", "Respuestas por día hábil"
ORDERS = {model.OWN_ORDER: "El que siguió la entidad", model.BY_DUE_DATE: "Primero lo que vence antes"}
MEASURES = {"Vencidas": "overdue", "Pendientes": "backlog"}
USUAL = "Vencidas"  # where another order or capacity is seen: how many wait hardly depends on it
ARRIVAL = ("opened_on", "received_on", "pqrs_type", "fate", "tickets")  # without these nothing can be simulated
SHIFT_MAX, TERM_MAX, A_DAY_MAX = 15, 60, 1_000_000


def page(context: Context) -> None:
    widgets.title(
        "Simulador",
        "Las mismas solicitudes que llegaron, con otros términos, otra capacidad u otro orden de respuesta.",
    )
    if not context.run.is_published:
        widgets.empty(
            "El simulador trabaja con la corrida publicada",
            "De las demás corridas se guardan las cifras, no cada día. Elija la publicada en la barra lateral, o "
            f"publique esta con [[pqr publish {context.run_id}]].",
        )
        return
    cohorts, executive, daily = (context.mart(name) for name in ("kpi_cohorts", "kpi_executive", "kpi_daily"))
    if (
        context.lacks("kpi_executive", "lapsed")
        or executive.empty
        or daily.empty
        or cohorts.empty
        or cohorts[[*ARRIVAL]].isna().any(axis=None)
    ):
        widgets.lacking("Esta corrida no trae lo que el simulador necesita")
        return
    types = Types.of(context.read("types"), context.mart("kpi_daily"))
    run = executive.iloc[0].to_dict()
    window = context.run.window_from, context.run.window_to
    variation = _asked(types, model.answers_per_business_day(cohorts, window))
    outcome = model.simulated(cohorts, window, variation)
    if variation == Variation():
        _unchanged(is_same=comparison.is_as_it_was(run, daily, outcome))
    widgets.cards(comparison.headline(run, daily, outcome))
    widgets.warning(meaning.planted(context.run.parameters))
    _lines(daily, outcome)
    _types(daily, outcome, types, terms=types.terms | dict(variation.terms))
    _how()


def _asked(types: Types, usual: int) -> Variation:
    """What the person at the controls wants to be different."""
    terms, capacity, order = st.columns(3, gap="small", border=True)
    with terms:
        new_terms = _terms(types)
    with capacity:
        percent, per_day = _capacity(usual)
    with order:
        chosen = st.radio(
            "Orden de respuesta", list(ORDERS), format_func=ORDERS.__getitem__, key="sim-order", bind="query-params"
        )
        st.caption("Con la misma capacidad, responder primero lo que vence antes cambia cuántas se incumplen.")
    return Variation(new_terms, percent, per_day, chosen or model.OWN_ORDER)


def _terms(types: Types) -> dict[str, int]:
    how = st.radio("Términos", [LAWFUL, ALL_TERMS, EACH_TERM], key="sim-terms", bind="query-params")
    if how == ALL_TERMS:
        days = st.slider(
            "Días hábiles de más o de menos",
            -SHIFT_MAX,
            SHIFT_MAX,
            0,
            format="%+d",
            key="sim-shift",
            bind="query-params",
        )
        return comparison.shifted(types.terms, days)
    if how == EACH_TERM:
        with st.popover("Términos en días hábiles", width="stretch"):
            given = {
                code: int(
                    st.number_input(types.names[code], 1, TERM_MAX, term, key=f"sim-term-{code}", bind="query-params")
                )
                for code, term in types.terms.items()
            }
        return {code: term for code, term in given.items() if term != types.terms[code]}
    st.caption("Los vigentes al recibir cada solicitud.")
    return {}


def _capacity(usual: int) -> tuple[int, int | None]:
    how = st.radio("Capacidad de respuesta", [AS_IT_WAS, SHARE, A_DAY], key="sim-capacity", bind="query-params")
    if how == SHARE:
        return st.slider(
            "De las respuestas que hubo cada día",
            50,
            150,
            100,
            1,
            format="%d %%",
            key="sim-percent",
            bind="query-params",
        ), None
    if how == A_DAY:
        return 100, int(
            st.number_input("Respuestas por día hábil", 0, A_DAY_MAX, usual, 1, key="sim-a-day", bind="query-params")
        )
    st.caption(f"En promedio, {wording.count(usual)} respuestas por día hábil.")
    return 100, None


def _unchanged(*, is_same: bool) -> None:
    if is_same:
        st.success(
            "Sin cambios, el simulador da exactamente las cifras de la corrida. Mueva un control para empezar.",
            icon=":material/check_circle:",
        )
    else:
        st.error(
            "Sin cambios, el simulador no da las cifras de la corrida: no confíe en esta página y avise al equipo de "
            "operación, que debe ejecutar [[pqr verify]].".replace("[[", "`").replace("]]", "`"),
            icon=":material/error:",
        )


def _lines(daily: pd.DataFrame, outcome: model.Outcome) -> None:
    widgets.section("Lo que habría esperado respuesta", "Solicitudes sin responder al cierre de cada día.")
    chosen = st.segmented_control(
        "Mostrar", list(MEASURES), default=USUAL, key="sim-measure", bind="query-params", label_visibility="collapsed"
    )
    measure = chosen or USUAL
    days = comparison.days_of(daily, outcome, MEASURES[measure])
    last = days[days["day"] == days["day"].max()].set_index("which")["tickets"]
    widgets.chart(
        charts.backlog(days, measure),
        f"{measure} al cierre de la ventana: {wording.count(last[comparison.RUN])} en la corrida, "
        f"{wording.count(last[comparison.SIMULATED])} en la simulación.",
    )


def _types(daily: pd.DataFrame, outcome: model.Outcome, types: Types, *, terms: dict[str, int]) -> None:
    table = comparison.compared(daily, outcome, names=types.names, terms=terms)
    widgets.section(
        "Incumplimiento por tipo", "De las finalizadas: las solicitudes cuyo término terminó dentro de la ventana."
    )
    bars = comparison.rates(table.assign(name=[types.short[code] for code in table["pqrs_type"]]))
    widgets.chart(
        charts.breach_by_type(bars, list(types.short.values())), "Incumplimiento de cada tipo; las cifras están abajo."
    )
    total = [
        "Total", "", wording.count(table["due"].sum()), wording.count(table["due_simulated"].sum()),
        wording.count(table["breached"].sum()), wording.count(table["breached_simulated"].sum()),
        wording.percent(wording.share(table["breached"].sum(), table["due"].sum())),
        wording.percent(wording.share(table["breached_simulated"].sum(), table["due_simulated"].sum())),
        wording.count(table["open"].sum()), wording.count(table["open_simulated"].sum()),
    ]  # fmt: skip
    widgets.table(table, COLUMNS, file="simulacion-por-tipo", caption="La corrida y lo simulado, por tipo", total=total)


def _how() -> None:
    with st.expander("Cómo se calcula"):
        st.markdown(meaning.HOW)


COLUMNS = (
    Column("name", "Tipo"),
    Column("term", "Término (sim.)", wording.count),
    Column("due", "Finalizadas", wording.count),
    Column("due_simulated", "Finalizadas (sim.)", wording.count),
    Column("breached", "Incumplidas", wording.count),
    Column("breached_simulated", "Incumplidas (sim.)", wording.count),
    Column("rate", "Incumplimiento", wording.percent),
    Column("rate_simulated", "Incumplimiento (sim.)", wording.percent),
    Column("open", "Pendientes", wording.count),
    Column("open_simulated", "Pendientes (sim.)", wording.count),
)
