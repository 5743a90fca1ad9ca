"""What lakes of manifests of version 1 did not write down, since all had it; the domain that made them remembers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pqr_common.installed import the_only
from pqr_common.manifest.graph import Graph

__all__ = ["FirstGraph", "first_graph"]


class FirstGraph:
    """Their stages, and what a manifest says of a dataset today."""

    def __init__(self, remembered: Mapping[str, Any]) -> None:
        self.graph = Graph.from_json(remembered["stage"])
        self._datasets = {(d["layer"], d["name"]): d for d in remembered["dataset"]}

    def about(self, layer: str, dataset: str) -> dict[str, Any]:
        """Key, origin and mirror of a dataset; a dataset nobody remembers has none."""
        found = self._datasets.get((layer, dataset), {})
        return {
            "key": tuple(found.get("key", ())),
            "made_from": tuple(found.get("made_from", ())),
            "warehouse": found.get("warehouse"),
        }


@cache
def first_graph() -> FirstGraph:
    return FirstGraph(the_only("pqr.first_graph")())
