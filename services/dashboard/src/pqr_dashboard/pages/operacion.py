"""Operación: what ran, how long it took, how good it was, what was rejected, and where a figure comes from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard import figures, operation, widgets
from pqr_dashboard.charts import operation as charts
from pqr_dashboard.context import Context
from pqr_dashboard.operation import FIGURES, LAYERS, STAGES, STATES
from pqr_dashboard.widgets import Column

__all__ = ["page"]


def page(context: Context) -> None:
    widgets.title("Operación", "Qué se ejecutó, cuánto tardó, qué tan bueno fue y de dónde sale cada cifra.")
    runs = operation.named_runs(context.fresh("operation_runs"))
    if runs.empty:
        widgets.empty("Todavía no hay ninguna corrida", "Ejecute [[pqr run]]; aquí se ve también la que falla.")
        return
    run_id = _chosen(runs, context.run_id)
    run = runs[runs["run_id"] == run_id].iloc[0].to_dict()
    asked = {"run_id": run_id}
    attempts = context.fresh("operation_attempts", **asked)
    checks = operation.named_checks(context.fresh("operation_checks", **asked))
    rejects = operation.named_rejects(context.fresh("operation_rejects", **asked))
    widgets.cards(operation.cards(run, attempts, checks, rejects))
    if run["why"]:
        widgets.trouble(f"La corrida se detuvo {run['why'].split(':')[0]}", str(run["reason"]))
    stages, quality, lineage, history = st.tabs(["Etapas", "Calidad", "Linaje", "Corridas"])
    with stages:
        _stages(attempts)
    with quality:
        _checks(checks)
        _rejects(rejects)
    with lineage:
        _lineage(context, run_id)
    with history:
        _history(runs)


def _chosen(runs: pd.DataFrame, shown: str) -> str:
    names = {row["run_id"]: f"{row['window']} · semilla {row['seed']} · {row['state_said'].lower()}"
             for row in runs.to_dict("records")}  # fmt: skip
    ids = list(names)
    chosen = st.selectbox(
        "Corrida que se examina, también las que fallaron",
        ids,
        index=ids.index(shown) if shown in ids else 0,
        format_func=names.__getitem__,
        key="operation-run",
    )
    return str(chosen)


def _stages(attempts: pd.DataFrame) -> None:
    if attempts.empty:
        widgets.empty("Todavía no hay intentos", "La corrida está declarada y ninguna etapa ha empezado.")
        return
    widgets.section("Etapas de la corrida", "Cada barra es un intento; una etapa que falla se intenta de nuevo.")
    started = attempts["started_at"].min()
    ended = attempts["finished_at"].fillna(attempts["started_at"])
    shown = attempts.assign(
        start=(attempts["started_at"] - started).dt.total_seconds(),
        end=(ended - started).dt.total_seconds(),
        stage=attempts["stage"].map(STAGES).fillna(attempts["stage"]),
        state=attempts["state"].map(STATES).fillna(attempts["state"]),
        said=[operation.duration(seconds) for seconds in attempts["seconds"]],
    )
    order = list(STAGES.values())
    seconds = attempts.groupby("stage")["seconds"].sum()
    described = ", ".join(
        f"{STAGES.get(str(name), name)} {operation.duration(value)}" for name, value in seconds.items()
    )
    columns = ["stage", "attempt", "state", "start", "end", "said", "rows"]
    widgets.chart(charts.stages(shown[columns], order), f"Duración de cada etapa: {described}.")
    widgets.table(shown, ATTEMPTS, file="intentos", caption="Intentos de cada etapa")


def _checks(checks: pd.DataFrame) -> None:
    widgets.section("Controles de calidad", "Los del último intento de cada etapa; los que no se cumplen, primero.")
    if checks.empty:
        widgets.empty("Todavía no hay controles", "Se registran cuando termina cada etapa.")
        return
    widgets.table(checks, CHECKS, file="controles", caption="Controles de calidad de la corrida")


def _rejects(rejects: pd.DataFrame) -> None:
    widgets.section("Rechazos por regla", "Nada se pierde: cada línea rechazada queda guardada con su regla y motivo.")
    if rejects.empty:
        widgets.empty("Ninguna línea fue rechazada", "Todo lo que llegó se pudo leer y era único.")
        return
    said = "; ".join(f"{row.rule_said}: {figures.count(row.rejected)}" for row in rejects.itertuples())
    widgets.chart(charts.rejects(rejects[["rule_said", "layer_said", "rejected", "share"]]), said)
    widgets.table(rejects, REJECTS, file="rechazos", caption="Líneas rechazadas por regla")


def _lineage(context: Context, run_id: str) -> None:
    widgets.section(
        "De la cifra al correo",
        "Cada nodo lleva la huella de su contenido: si cambia un solo byte abajo, cambian todas las de arriba.",
    )
    asked = {"run_id": run_id}
    found = context.fresh("operation_figures", **asked)
    if found.empty:
        widgets.empty("Esta corrida no tiene cifras publicadas", "El linaje se ve cuando la corrida llega a Postgres.")
        return
    chosen = st.selectbox("Cifra", list(FIGURES), format_func=FIGURES.__getitem__, key="operation-figure")
    datasets, objects = context.fresh("operation_datasets", **asked), context.fresh("operation_objects", **asked)
    edges = context.fresh("operation_lineage", **asked)
    value = _valued(str(chosen), found.iloc[0][chosen])
    drawn = operation.lineage(str(chosen), value, datasets, edges, objects.to_dict("records"))
    st.graphviz_chart(drawn, width="content")
    st.caption("Lo mismo en la consola:")
    st.code(f"pqr lineage {chosen} {run_id}", language="bash", wrap_lines=True)
    with st.expander(f"Los {figures.count(len(objects))} objetos crudos con su SHA-256"):
        widgets.table(objects, OBJECTS, file="objetos-crudos", caption="Objetos crudos de la corrida")
    with st.expander("Los conjuntos de datos con sus huellas"):
        named = datasets.assign(layer=datasets["layer"].map(LAYERS).fillna(datasets["layer"]))
        widgets.table(named, DATASETS, file="conjuntos", caption="Conjuntos de datos de la corrida")


def _history(runs: pd.DataFrame) -> None:
    widgets.section("Todas las corridas", "De la más reciente a la más antigua.")
    widgets.table(runs, RUNS, file="corridas", caption="Corridas")


def _valued(name: str, value: Any) -> str:
    if name == "breach_rate":
        return figures.percent(value, 2)
    return figures.decimal(value, 2) if name == "mean_business_days" else figures.count(value)


def _instant(value: Any) -> str:
    return figures.NOTHING if figures.is_missing(value) else f"{figures.day(value)}, {value:%H:%M:%S}"


ATTEMPTS = (
    Column("stage", "Etapa"),
    Column("attempt", "Intento", figures.count),
    Column("state", "Estado"),
    Column("started_at", "Empezó", _instant),
    Column("seconds", "Duración", operation.duration),
    Column("tasks", "Tareas", figures.count),
    Column("tasks_reused", "Reutilizadas", figures.count),
    Column("rows", "Filas", figures.count),
    Column("bytes", "Bytes", operation.size),
    Column("host", "Equipo"),
    Column("error", "Qué falló"),
)
CHECKS = (
    Column("status_said", "Resultado"),
    Column("stage_said", "Etapa"),
    Column("name", "Control"),
    Column("dimension_said", "Dimensión"),
    Column("observed", "Observado"),
    Column("expected", "Esperado"),
)
REJECTS = (
    Column("layer_said", "Capa"),
    Column("rule_said", "Regla"),
    Column("rule", "Código"),
    Column("rejected", "Líneas", figures.count),
    Column("share", "De lo leído", lambda value: figures.percent(value, 3)),
)
DATASETS = (
    Column("layer", "Capa"),
    Column("dataset", "Conjunto"),
    Column("rows", "Filas", figures.count),
    Column("partitions", "Partes", figures.count),
    Column("content_digest", "Huella del contenido"),
    Column("manifest_digest", "Manifiesto"),
)
OBJECTS = (
    Column("path", "Objeto"),
    Column("rows", "Líneas", figures.count),
    Column("bytes", "Tamaño", operation.size),
    Column("sha256", "SHA-256"),
)
RUNS = (
    Column("state_said", "Estado"),
    Column("window", "Ventana"),
    Column("scenario", "Escenario"),
    Column("seed", "Semilla"),
    Column("started_at", "Empezó", _instant),
    Column("seconds", "Duración", operation.duration),
    Column("why", "Por qué se detuvo"),
    Column("run_id", "Identificador"),
)
