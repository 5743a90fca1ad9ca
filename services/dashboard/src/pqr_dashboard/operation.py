"""Runs as operators read them: words for states, stages and rules, and the lineage of a figure as a graph. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pqr_dashboard import figures, theme
from pqr_dashboard.parts import Card

__all__ = [
    "FIGURES", "LAYERS", "STAGES", "STATES", "cards", "duration", "lineage", "named_checks", "named_rejects",
    "named_runs", "size",
]  # fmt: skip

STAGES = {"generator": "Generador", "bronze": "Bronce", "silver": "Plata", "gold": "Oro", "loader": "Cargador"}
LAYERS = {"raw": "Crudo", "bronze": "Bronce", "silver": "Plata", "gold": "Oro", "load": "Postgres"}
STATES = {"completed": "Completa", "failed": "Falló", "running": "En curso", "declared": "Declarada"}
RULES = {
    "not_json": "No es JSON completo", "missing_field": "Le falta un campo", "wrong_type": "Un campo de otro tipo",
    "broken_encoding": "Codificación dañada", "duplicate": "Entrega repetida",
}  # fmt: skip
DIMENSIONS = {
    "consistency": "Consistencia", "validity": "Validez", "completeness": "Completitud", "uniqueness": "Unicidad",
    "timeliness": "Oportunidad", "accuracy": "Exactitud",
}  # fmt: skip
EXECUTIVE = "kpi_executive"
FIGURES = {
    "breach_rate": "Incumplimiento", "received": "Recibidas", "answered": "Respondidas", "open": "Pendientes al cierre",
    "overdue": "Vencidas sin respuesta", "due": "Con término finalizado", "breached": "Incumplidas",
    "mean_business_days": "Respuesta media (días hábiles)", "transferred": "Trasladadas", "archived": "Archivadas",
}  # fmt: skip
OBJECTS_SHOWN = 1  # of each end; a run has an object a day
DIGEST_SHOWN = 12
KILO = 1000


def cards(run: Mapping[Any, Any], attempts: pd.DataFrame, checks: pd.DataFrame, rejects: pd.DataFrame) -> list[Card]:
    """The health of a run at a glance."""
    failed = int((checks["status"] == "failed").sum())
    kept = f"{figures.count(failed)} no se cumplen" if failed else "todos se cumplen"
    retries = len(attempts) - attempts["stage"].nunique()
    repeated = _several(retries, "repetido") if retries else "ninguno repetido"
    lines = rejects.drop_duplicates("layer")["lines"].max() if len(rejects) else None
    share = figures.percent(figures.share(rejects["rejected"].sum(), lines), 2) if len(rejects) else figures.NOTHING
    state = STATES.get(run["state"], run["state"])
    return [
        Card("Estado", state, note="publicada" if run["is_published"] else _stage_note(run)),
        Card("Duración", duration(run["seconds"]), note=f"empezó el {_moment(run['started_at'])}"),
        Card("Intentos", figures.count(len(attempts)), note=repeated),
        Card("Controles de calidad", figures.count(len(checks)), note=kept),
        Card("Líneas rechazadas", figures.count(rejects["rejected"].sum()), note=f"{share} de lo leído"),
        Card("Filas escritas", figures.count(attempts["rows"].sum()), note=size(attempts["bytes"].sum())),
    ]  # fmt: skip


def named_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with their state and window in words."""
    published = runs["is_published"].map({True: " · publicada", False: ""})
    windows = zip(runs["window_from"], runs["window_to"], strict=True)
    return runs.assign(
        state_said=runs["state"].map(STATES).fillna(runs["state"]) + published,
        window=[figures.window(first, last) for first, last in windows],
        why=[_stage_note(row) for row in runs.to_dict("records")],
    )


def named_checks(checks: pd.DataFrame) -> pd.DataFrame:
    return checks.assign(
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


def duration(seconds: Any) -> str:
    """75.2 -> 1 min 15 s"""
    if figures.is_missing(seconds):
        return figures.NOTHING
    whole = float(seconds)
    if whole < 60:  # noqa: PLR2004  a minute
        return f"{figures.decimal(whole)}{figures.THIN}s"
    return f"{int(whole // 60)}{figures.THIN}min {int(whole % 60)}{figures.THIN}s"


def size(value: Any) -> str:
    """83305795 -> 83,3 MB"""
    amount, units = float(value), ["B", "kB", "MB", "GB", "TB"]
    while amount >= KILO and len(units) > 1:
        amount, units = amount / KILO, units[1:]
    return f"{figures.decimal(amount, 0 if units[0] == 'B' else 1)}{figures.THIN}{units[0]}"


def lineage(
    figure: str, value: str, datasets: pd.DataFrame, edges: pd.DataFrame, objects: Sequence[Mapping[Any, Any]]
) -> str:
    """The way from a figure of the headline down to the raw objects, in Graphviz' language; digests on every node."""
    known = {(row["layer"], row["dataset"]): row for row in datasets.to_dict("records")}
    start = next((key for key in (("load", f"gold.{EXECUTIVE}"), ("gold", EXECUTIVE)) if key in known), None)
    nodes = [_node("figure", [FIGURES.get(figure, figure), value], theme.ACCENT, "#FFFFFF")]
    links = [("figure", _id(start))] if start else []
    pending, seen = [start] if start else [], {start}
    while pending:
        layer, dataset = pending.pop()
        row = known[layer, dataset]
        nodes.append(_node(_id((layer, dataset)), _dataset_said(row), theme.SURFACE, theme.INK))
        for key in _inputs(edges, layer, dataset):
            links.append((_id((layer, dataset)), _id(key)))
            if key not in seen and key in known:
                seen.add(key)
                pending.append(key)
    if ("raw", "emails") in seen:
        nodes += _object_nodes(objects)
        links += [(_id(("raw", "emails")), f"object{number}") for number in range(len(_ends(objects)))]
    return _graph(nodes, links)


def _inputs(edges: pd.DataFrame, layer: str, dataset: str) -> list[tuple[str, str]]:
    mine = edges[(edges["layer"] == layer) & (edges["dataset"] == dataset)]
    return list(zip(mine["input_layer"], mine["input_dataset"], strict=True))


def _dataset_said(row: Mapping[Any, Any]) -> list[str]:
    return [
        f"{LAYERS.get(row['layer'], row['layer'])} · {row['dataset']}",
        f"{_several(row['rows'], 'fila')}, {_several(row['partitions'], 'parte')}",
        f"contenido {row['content_digest'].rsplit('-', 1)[-1][:DIGEST_SHOWN]}",
        f"manifiesto {row['manifest_digest'][:DIGEST_SHOWN]}",
    ]


def _ends(objects: Sequence[Mapping[Any, Any]]) -> list[Mapping[Any, Any] | None]:
    """The first and the last objects, and nothing for those between."""
    if len(objects) <= 2 * OBJECTS_SHOWN:
        return list(objects)
    return [*objects[:OBJECTS_SHOWN], None, *objects[-OBJECTS_SHOWN:]]


def _object_nodes(objects: Sequence[Mapping[Any, Any]]) -> list[str]:
    left_out = len(objects) - 2 * OBJECTS_SHOWN
    nodes = []
    for number, item in enumerate(_ends(objects)):
        if item is None:
            nodes.append(_node(f"object{number}", [f"{_several(left_out, 'objeto')} más"], "#FFFFFF", theme.GREY))
            continue
        day = item["path"].rsplit("day=", 1)[-1]
        said = [day, _several(item["rows"], "línea"), f"SHA-256 {item['sha256'][:DIGEST_SHOWN]}"]
        nodes.append(_node(f"object{number}", said, "#FFFFFF", theme.INK))
    return nodes


def _node(name: str, lines: Sequence[str], fill: str, ink: str) -> str:
    label = "\\n".join(line.replace("\\", "").replace('"', "'") for line in lines)
    return f'"{name}" [label="{label}", fillcolor="{fill}", fontcolor="{ink}"]'


def _graph(nodes: Sequence[str], links: Sequence[tuple[str, str]]) -> str:
    arrows = [f'"{above}" -> "{below}"' for above, below in links]
    look = (
        'rankdir=TB; bgcolor="transparent"; nodesep=0.2; ranksep=0.35; '
        f'node [shape=box, style="rounded,filled", color="{theme.LINE}", fontname="Helvetica", fontsize=13, '
        f'margin="0.16,0.09"]; edge [color="{theme.GREY}", arrowsize=0.7]; '
    )
    return f"digraph {{ {look}{'; '.join([*nodes, *arrows])} }}"


def _several(number: int, what: str) -> str:
    return f"{figures.count(number)} {what}{'' if number == 1 else 's'}"


def _id(key: tuple[str, str]) -> str:
    return "/".join(key)


def _stage_note(run: Mapping[Any, Any]) -> str:
    if figures.is_missing(run["failed_stage"]):
        return ""
    return f"en {STAGES.get(run['failed_stage'], run['failed_stage'])}: {run['reason']}"


def _moment(value: Any) -> str:
    return figures.NOTHING if figures.is_missing(value) else f"{figures.day(value)}, {value:%H:%M}"
