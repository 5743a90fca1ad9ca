"""Operación: what ran, how long it took, how good it was, what was rejected, and where a figure comes from."""

from __future__ import annotations

import contextlib
from typing import Any

import pandas as pd
import streamlit as st

from pqr_dashboard.charts import operation as charts
from pqr_dashboard.figures import operation, wording
from pqr_dashboard.figures.operation import STAGES, STATES
from pqr_dashboard.pages import lecturas, linaje
from pqr_dashboard.pages.context import Context
from pqr_dashboard.view import widgets
from pqr_dashboard.view.markup import Column
from pqr_dashboard.warehouse import NotPublished

__all__ = ["page"]


def page(context: Context) -> None:
    widgets.title("Operación", "Qué se ejecutó, cuánto tardó, qué tan bueno fue y de dónde sale cada cifra.")
    runs = operation.named_runs(context.fresh.read("operation_runs"))
    if runs.empty:
        widgets.empty("Todavía no hay ninguna corrida", "Ejecute [[pqr run]]; aquí se ve también la que falla.")
        return
    run_id = _chosen(runs, context.run_id)
    run = runs[runs["run_id"] == run_id].iloc[0].to_dict()
    asked = {"run_id": run_id}
    attempts = context.fresh.read("operation_attempts", **asked)
    checks = operation.named_checks(context.fresh.read("operation_checks", **asked))
    rejects = operation.named_rejects(context.fresh.read("operation_rejects", **asked))
    widgets.cards(operation.cards(run, attempts=attempts, checks=checks, rejects=rejects))
    if run["why"]:
        widgets.trouble(f"La corrida se detuvo {run['why'].split(':')[0]}", str(run["reason"]))
    stages, quality, lineage, history, readings = st.tabs(
        ["Etapas", "Calidad", "Linaje", "Corridas", "Lecturas"],
        key="operation-tab",
        on_change="rerun",
        bind="query-params",
    )
    with stages:
        _stages(attempts, _stages_in_order(context, run_id))
    with quality:
        _checks(checks)
        _rejects(rejects)
    with lineage:
        linaje.section(context, run_id)
    with history:
        _history(runs)
    with readings:
        lecturas.section(context)


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
        bind="query-params",
    )
    return str(chosen)


def _stages_in_order(context: Context, run_id: str) -> list[str]:
    """As the run's pipeline has them; none in a database that no loader has filled since they are recorded."""
    with contextlib.suppress(NotPublished):
        return context.fresh.read("operation_stages", run_id=run_id)["stage"].tolist()
    return []


def _stages(attempts: pd.DataFrame, in_order: list[str]) -> None:
    if attempts.empty:
        widgets.empty("Todavía no hay intentos", "La corrida está declarada y ninguna etapa ha empezado.")
        return
    widgets.section(
        "Etapas de la corrida",
        "Cada barra es un intento; una etapa que falla se intenta de nuevo. Publicar otra vez no es trabajo suyo.",
    )
    started = attempts["started_at"].min()
    ended = attempts["finished_at"].fillna(attempts["started_at"])
    shown = attempts.assign(
        start=(attempts["started_at"] - started).dt.total_seconds(),
        end=(ended - started).dt.total_seconds(),
        stage=attempts["stage"].map(STAGES).fillna(attempts["stage"]),
        state=attempts["state"].map(STATES).fillna(attempts["state"]),
        said=[wording.duration(seconds) for seconds in attempts["seconds"]],
    )
    order = [STAGES.get(stage, stage) for stage in dict.fromkeys([*in_order, *attempts["stage"]])]
    seconds = attempts.groupby("stage")["seconds"].sum()
    described = ", ".join(f"{STAGES.get(str(name), name)} {wording.duration(value)}" for name, value in seconds.items())
    columns = ["stage", "attempt", "state", "start", "end", "said", "rows"]
    drawn = shown.loc[~shown["is_again"].astype(bool), columns]
    widgets.chart(charts.stages(drawn, order), f"Duración de cada etapa: {described}.")
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
    said = "; ".join(f"{row.rule_said}: {wording.count(row.rejected)}" for row in rejects.itertuples())
    widgets.chart(charts.rejects(rejects[["rule_said", "layer_said", "rejected", "share"]]), said)
    widgets.table(rejects, REJECTS, file="rechazos", caption="Líneas rechazadas por regla")


def _history(runs: pd.DataFrame) -> None:
    widgets.section("Todas las corridas", "De la más reciente a la más antigua.")
    widgets.table(runs, RUNS, file="corridas", caption="Corridas")


def _instant(value: Any) -> str:
    return wording.moment(value, "%H:%M:%S")


ATTEMPTS = (
    Column("stage", "Etapa"),
    Column("attempt", "Intento", wording.count),
    Column("state", "Estado"),
    Column("started_at", "Empezó", _instant),
    Column("seconds", "Duración", wording.duration),
    Column("tasks", "Tareas", wording.count),
    Column("tasks_reused", "Reutilizadas", wording.count),
    Column("rows", "Filas", wording.count),
    Column("bytes", "Bytes", wording.size),
    Column("host", "Equipo"),
    Column("error", "Qué falló"),
)
CHECKS = (
    Column("status_said", "Resultado"),
    Column("stage_said", "Etapa"),
    Column("name_said", "Control"),
    Column("dimension_said", "Dimensión"),
    Column("observed_said", "Observado"),
    Column("expected_said", "Esperado"),
)
REJECTS = (
    Column("layer_said", "Capa"),
    Column("rule_said", "Regla"),
    Column("rule", "Código"),
    Column("rejected", "Líneas", wording.count),
    Column("share", "De lo leído", lambda value: wording.percent(value, 3)),
)
RUNS = (
    Column("state_said", "Estado"),
    Column("window", "Ventana"),
    Column("scenario", "Escenario"),
    Column("seed", "Semilla"),
    Column("started_at", "Empezó", _instant),
    Column("seconds", "Duración", wording.duration),
    Column("why", "Por qué se detuvo"),
    Column("run_id", "Identificador"),
)
