"""Territorio y temas: where requests come from, what they are about, and how they fare."""

from __future__ import annotations

import streamlit as st

from pqr_dashboard.charts import places as charts
from pqr_dashboard.figures import judging, months, places, wording
from pqr_dashboard.figures.places import MEASURES, Measure
from pqr_dashboard.figures.pqrs_types import TOPIC_NAMES, Types
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column

__all__ = ["page"]

TOPICS_SHOWN = 12
TOPIC_COUNTS = {
    "received": "Recibidas", "answered": "Respondidas", "open": "Pendientes", "overdue": "Vencidas", "due": "Vencían",
    "breached": "Incumplidas",
}  # fmt: skip
FEW_NOTE = f"En gris, menos de {judging.FEW} casos: la cifra dice poco."


def page(context: Context) -> None:
    run = context.run
    widgets.title(
        "Territorio y temas",
        f"De dónde vienen las solicitudes del {wording.day(run.window_from)} al {wording.day(run.window_to)} y de qué "
        "tratan.",
    )
    widgets.warning(run.standing.said())
    types = Types.of(context.read("types"), context.mart("kpi_daily"))
    measure, chosen = _filters(types)
    left, right = st.columns([1, 1], gap="large")
    with left:
        _map(context, chosen, measure)
    with right:
        _topics(context, chosen, measure)
    if not context.lacks("kpi_territory"):
        _table(context, types, measure)


def _filters(types: Types) -> tuple[Measure, str | None]:
    left, right, _ = st.columns([3, 2, 1])
    with left:
        label = st.segmented_control(
            "Medida",
            list(MEASURES),
            default=next(iter(MEASURES)),
            key="territorio-medida",
            bind="query-params",
            required=True,
            wrap=True,
        )
    with right:
        code = st.selectbox(
            "Tipo de solicitud",
            ["", *types.names],
            format_func=types.called,
            key="territorio-tipo",
            bind="query-params",
        )
    return MEASURES[label], code or None


def _map(context: Context, chosen: str | None, measure: Measure) -> None:
    note = "Un cuadro por departamento, donde queda en el mapa."
    widgets.section("Por departamento", f"{note} {_few(measure)}")
    if context.lacks("kpi_territory"):
        widgets.lacking()
        return
    counts = months.of_type(context.mart("kpi_territory"), chosen)
    if counts.empty:
        _nothing_of_this_type()
        return
    found = places.measured(counts, "department", measure)
    found = context.opened(found, f"kpi_territory.{measure.counted}", {"department": "department"}, pqrs_type=chosen)
    placed = places.tiles().merge(found, on="department", how="left")
    placed, kinds = places.classed(placed.assign(text=placed["text"].fillna(wording.NOTHING)), measure)
    first = found.sort_values("value", ascending=False).iloc[0]
    widgets.chart(
        charts.tile_map(placed, measure.label, measure.cases, kinds=kinds),
        f"Mapa de {measure.label.lower()} por departamento; el mayor es {first['department']} con {first['text']}.",
        key=context.key("departamentos"),
    )
    widgets.how(f"kpi_territory.{measure.name}")


def _topics(context: Context, chosen: str | None, measure: Measure) -> None:
    widgets.section(f"Los {TOPICS_SHOWN} temas con más {_of(measure)}", _few(measure))
    if context.lacks("kpi_topic"):
        widgets.lacking()
        return
    found = places.measured(months.of_type(context.mart("kpi_topic"), chosen), "topic", measure)
    found = found.assign(name=[TOPIC_NAMES.get(code, code) for code in found["topic"]])
    found = found[found["value"].notna()].sort_values(["is_few", "value"], ascending=[True, False])
    if found.empty:
        _nothing_of_this_type()
        return
    found = context.opened(found, f"kpi_topic.{measure.counted}", {"topic": "topic"}, pqrs_type=chosen)
    figures = [f"kpi_topic.{column}" for column in TOPIC_COUNTS]
    found = context.opened_each(found, figures, {"topic": "topic"}, pqrs_type=chosen)
    classed, kinds = places.classed(found, measure)
    top = classed.head(TOPICS_SHOWN)
    widgets.chart(
        charts.ranking(top, measure.label, names="name", kinds=kinds),
        f"Temas por {measure.label.lower()}; el mayor es {top.iloc[0]['name']} con {top.iloc[0]['text']}.",
        key=context.key("temas"),
    )
    widgets.how(f"kpi_topic.{measure.name}")
    with st.expander("Ver todos los temas"):
        widgets.table(
            found,
            [
                Column("name", "Tema"),
                *(Column(name, label, wording.count, opens=f"open_{name}") for name, label in TOPIC_COUNTS.items()),
                Column("value", measure.label, measure.format, "cases" if measure.whole else None),
            ],
            file="temas", caption="Todos los temas",
        )  # fmt: skip


def _few(measure: Measure) -> str:
    if measure.is_judged:
        return judging.HOW
    return "" if measure.whole is None else FEW_NOTE


def _nothing_of_this_type() -> None:
    widgets.empty("No hay casos que comparar", "Elija otro tipo de solicitud u otra corrida.")


def _of(measure: Measure) -> str:
    return {"received": "solicitudes", "breach_rate": "incumplimiento"}.get(measure.name, "días de respuesta")


def _table(context: Context, types: Types, measure: Measure) -> None:
    territory = context.mart("kpi_territory")
    widgets.section("Departamento por tipo", f"{measure.label}: cada departamento y cada tipo de solicitud.")
    if territory.empty:
        _nothing_of_this_type()
        return
    wide = places.pivot(territory, "department", measure).sort_values("all", ascending=False)
    there = [code for code in types.names if code in wide.columns]
    for code in there:
        figure = f"kpi_territory.{measure.counted}"
        wide = context.opened(wide, figure, {"department": "department"}, into=f"open_{code}", pqrs_type=code)
    wide = context.opened(wide, f"kpi_territory.{measure.counted}", {"department": "department"}, into="open_all")
    everywhere = territory.assign(department="Todo el país")
    total = places.pivot(everywhere, "department", measure).iloc[0]
    widgets.table(
        wide,
        [
            Column("department", "Departamento"),
            *(
                Column(code, label, measure.format, f"{code}{places.CASES}" if measure.whole else None, f"open_{code}")
                for code, label in {"all": "Todos", **{code: types.short[code] for code in there}}.items()
            ),
        ],
        file="departamento-por-tipo", caption=f"{measure.label} por departamento y tipo",
        total=["Todo el país", measure.format(total["all"]), *(measure.format(total[code]) for code in there)],
    )  # fmt: skip
