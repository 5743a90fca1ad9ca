"""The way from a figure to the raw objects it was counted from, as a graph of Graphviz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pqr_dashboard.charts import theme
from pqr_dashboard.figures import wording
from pqr_dashboard.figures.operation import FIGURES, LAYERS

__all__ = ["graph"]

EXECUTIVE = "kpi_executive"
OBJECTS_SHOWN = 1  # of each end; a run has an object per day
DIGEST_SHOWN = 12


def graph(
    figure: str, value: str, *, datasets: pd.DataFrame, edges: pd.DataFrame, objects: Sequence[Mapping[Any, Any]]
) -> str:
    """The way from a figure of the headline down to the raw objects, in Graphviz' language; digests on every node."""
    known = {(row["layer"], row["dataset"]): row for row in datasets.to_dict("records")}
    start = next((key for key in (("load", f"gold.{EXECUTIVE}"), ("gold", EXECUTIVE)) if key in known), None)
    nodes = [_node("figure", [FIGURES.get(figure, figure), value], fill=theme.now().accent, ink=theme.now().paper)]
    links = [("figure", _id(start))] if start else []
    pending, seen = [start] if start else [], {start}
    while pending:
        layer, dataset = pending.pop()
        row = known[layer, dataset]
        nodes.append(_node(_id((layer, dataset)), _dataset_said(row), fill=theme.now().surface, ink=theme.now().ink))
        for key in _inputs(edges, layer, dataset):
            links.append((_id((layer, dataset)), _id(key)))
            if key not in seen and key in known:
                seen.add(key)
                pending.append(key)
    if ("raw", "emails") in seen:
        nodes += _object_nodes(objects)
        links += [(_id(("raw", "emails")), f"object{number}") for number in range(len(_ends(objects)))]
    return _drawn(nodes, links)


def _inputs(edges: pd.DataFrame, layer: str, dataset: str) -> list[tuple[str, str]]:
    mine = edges[(edges["layer"] == layer) & (edges["dataset"] == dataset)]
    return list(zip(mine["input_layer"], mine["input_dataset"], strict=True))


def _dataset_said(row: Mapping[Any, Any]) -> list[str]:
    return [
        f"{LAYERS.get(row['layer'], row['layer'])} · {row['dataset']}",
        f"{wording.several(row['rows'], 'fila')}, {wording.several(row['partitions'], 'parte')}",
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
            between = f"{wording.several(left_out, 'objeto')} más"
            nodes.append(_node(f"object{number}", [between], fill=theme.now().paper, ink=theme.now().grey))
            continue
        day = item["path"].rsplit("day=", 1)[-1]
        said = [day, wording.several(item["rows"], "línea"), f"SHA-256 {item['sha256'][:DIGEST_SHOWN]}"]
        nodes.append(_node(f"object{number}", said, fill=theme.now().paper, ink=theme.now().ink))
    return nodes


def _node(name: str, lines: Sequence[str], *, fill: str, ink: str) -> str:
    label = "\\n".join(line.replace("\\", "").replace('"', "'") for line in lines)
    return f'"{name}" [label="{label}", fillcolor="{fill}", fontcolor="{ink}"]'


def _drawn(nodes: Sequence[str], links: Sequence[tuple[str, str]]) -> str:
    arrows = [f'"{above}" -> "{below}"' for above, below in links]
    look = (
        'rankdir=TB; bgcolor="transparent"; nodesep=0.2; ranksep=0.35; '
        f'node [shape=box, style="rounded,filled", color="{theme.now().line}", fontname="Helvetica", fontsize=13, '
        f'margin="0.16,0.09"]; edge [color="{theme.now().grey}", arrowsize=0.7]; '
    )
    return f"digraph {{ {look}{'; '.join([*nodes, *arrows])} }}"


def _id(key: tuple[str, str]) -> str:
    return "/".join(key)
