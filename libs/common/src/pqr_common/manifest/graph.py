"""The stages of a run: what each writes and reads, in an order in which each finds what it reads. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pqr_common.errors import InvalidSettings

__all__ = ["EVERY_LAYER", "Graph", "Node"]

EVERY_LAYER = "*"  # read by a stage that comes after all others


@dataclass(frozen=True, slots=True)
class Node:
    """A stage, the layer it writes and the layers it reads."""

    stage: str
    writes: str
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in order. Made by `of` or `from_json`."""

    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, nodes: Iterable[Node]) -> Graph:
        """In order, and among equals by name; InvalidSettings for two writers of a layer, none, or a circle."""
        given = sorted(nodes, key=lambda node: node.stage)
        writers = {node.writes: node for node in given}
        if len(writers) < len(given):
            raise InvalidSettings(
                f"Each layer must be written by one stage, found the stages {', '.join(n.stage for n in given)} for "
                f"the layers {', '.join(writers)}: give each a layer of its own."
            )
        resolved = {node.writes: _resolved(node, writers) for node in given}
        sorter = TopologicalSorter({layer: sorted(node.reads) for layer, node in resolved.items()})
        try:
            ordered = list(sorter.static_order())
        except CycleError as error:
            raise InvalidSettings(
                f"Stages must not read each other in a circle, found {' -> '.join(error.args[1])}: mend `requires`."
            ) from error
        return cls(tuple(resolved[layer] for layer in ordered))

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(node.stage for node in self.nodes)

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(node.writes for node in self.nodes)

    def layer_of(self, stage: str) -> str:
        """The layer a stage writes; raises InvalidSettings for a stage that is not of this graph."""
        for node in self.nodes:
            if node.stage == stage:
                return node.writes
        raise InvalidSettings(
            f"A stage must be one of {', '.join(self.stages)}, found {stage!r}: correct the name or install "
            f"pqr-{stage}."
        )

    def to_json(self) -> list[dict[str, Any]]:
        return [{"stage": n.stage, "writes": n.writes, "reads": list(n.reads)} for n in self.nodes]

    @classmethod
    def from_json(cls, value: Iterable[Mapping[str, Any]]) -> Graph:
        return cls.of(Node(node["stage"], node["writes"], tuple(node["reads"])) for node in value)


def _resolved(node: Node, writers: Mapping[str, Node]) -> Node:
    """The node with every layer it reads named."""
    if node.reads == (EVERY_LAYER,):
        below = tuple(sorted(layer for layer, other in writers.items() if other.reads != (EVERY_LAYER,)))
        return Node(node.stage, node.writes, below)
    unknown = [layer for layer in node.reads if layer not in writers]
    if unknown:
        raise InvalidSettings(
            f"What {node.stage} reads must be written by a stage, found none for {', '.join(unknown)}: install it."
        )
    return node
