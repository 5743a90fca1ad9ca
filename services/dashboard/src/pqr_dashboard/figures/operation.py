"""Runs as operators read them: words for states, stages and rules. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pqr_dashboard.figures import checks as figures_checks
from pqr_dashboard.figures import wording
from pqr_dashboard.figures.cards import Card

__all__ = ["FIGURES", "LAYERS", "STAGES", "STATES", "cards", "named_checks", "named_rejects", "named_runs"]

STAGES = {"generator": "Generador", "bronze": "Bronce", "silver": "Plata", "gold": "Oro", "loader": "Cargador"}
LAYERS = {"raw": "Crudo", "bronze": "Bronce", "silver": "Plata", "gold": "Oro", "load": "Postgres"}
STATES = {
    "completed": "Completa", "failed": "Falló", "running": "En curso", "declared": "Declarada",
    "unreadable": "Ilegible",
}  # fmt: skip
RULES = {
    "not_json": "No es JSON completo", "missing_field": "Le falta un campo", "wrong_type": "Un campo de otro tipo",
    "broken_encoding": "Codificación dañada", "duplicate": "Entrega repetida", "too_long": "Línea demasiado larga",
    "bad_value": "Un valor sin sentido", "repeated_field": "Un campo repetido", "not_an_object": "No es un objeto JSON",
}  # fmt: skip
DIMENSIONS = {
    "consistency": "Consistencia", "validity": "Validez", "completeness": "Completitud", "uniqueness": "Unicidad",
    "timeliness": "Oportunidad", "accuracy": "Exactitud",
}  # fmt: skip
FIGURES = {
    "breach_rate": "Incumplimiento", "received": "Recibidas", "answered": "Respondidas", "open": "Pendientes al cierre",
    "overdue": "Vencidas sin respuesta", "due": "Con término finalizado", "breached": "Incumplidas",
    "mean_business_days": "Respuesta media (días hábiles)", "transferred": "Trasladadas", "archived": "Archivadas",
    "lapsed": "Sin respuesta tras 140 días", "survival_median": "Mediana estimada (días hábiles)",
}  # fmt: skip


def cards(run: Mapping[Any, Any], *, attempts: pd.DataFrame, checks: pd.DataFrame, rejects: pd.DataFrame) -> list[Card]:
    """The health of a run at a glance."""
    failed = int((checks["status"] == "failed").sum())
    kept = f"{wording.count(failed)} no se {'cumple' if failed == 1 else 'cumplen'}" if failed else "todos se cumplen"
    retries = len(attempts) - attempts["stage"].nunique()
    repeated = wording.several(retries, "repetido") if retries else "ninguno repetido"
    lines = rejects.drop_duplicates("layer")["lines"].max() if len(rejects) else None
    share = wording.percent(wording.share(rejects["rejected"].sum(), lines), 2) if len(rejects) else wording.NOTHING
    state = STATES.get(run["state"], run["state"])
    return [
        Card("Estado", state, note="publicada" if run["is_published"] else _stage_note(run)),
        Card("Duración", wording.duration(run["seconds"]), note=f"desde el {wording.moment(run['started_at'])}"),
        Card("Intentos", wording.count(len(attempts)), note=repeated),
        Card("Controles de calidad", wording.count(len(checks)), note=kept),
        Card("Líneas rechazadas", wording.count(rejects["rejected"].sum()), note=f"{share} de lo leído"),
        Card("Filas escritas", wording.count(run["rows"]), note=wording.size(run["bytes"])),
    ]  # fmt: skip


def named_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with their state and window in words."""
    published = runs["is_published"].map({True: " · publicada", False: ""})
    windows = zip(runs["window_from"], runs["window_to"], strict=True)
    return runs.assign(
        state_said=runs["state"].map(STATES).fillna(runs["state"]) + published,
        window=[wording.window(first, last) for first, last in windows],
        why=[_stage_note(row) for row in runs.to_dict("records")],
    )


def named_checks(checks: pd.DataFrame) -> pd.DataFrame:
    return checks.assign(
        name_said=[figures_checks.named(name) for name in checks["name"]],
        observed_said=[figures_checks.valued(value) for value in checks["observed"]],
        expected_said=[figures_checks.valued(value) for value in checks["expected"]],
        stage_said=checks["stage"].map(STAGES).fillna(checks["stage"]),
        status_said=[
            "Se cumple" if row["status"] == "passed" else ("Aviso" if row["severity"] == "warning" else "No se cumple")
            for row in checks.to_dict("records")
        ],
        dimension_said=checks["dimension"].map(DIMENSIONS).fillna(checks["dimension"]),
    )


def named_rejects(rejects: pd.DataFrame) -> pd.DataFrame:
    return rejects.assign(
        rule_said=rejects["rule"].map(RULES).fillna(rejects["rule"]),
        layer_said=rejects["layer"].map(LAYERS).fillna(rejects["layer"]),
        share=rejects["rejected"] / rejects["lines"],
    )


def _stage_note(run: Mapping[Any, Any]) -> str:
    if wording.is_missing(run["failed_stage"]):
        return ""
    return f"en {STAGES.get(run['failed_stage'], run['failed_stage'])}: {run['reason']}"
