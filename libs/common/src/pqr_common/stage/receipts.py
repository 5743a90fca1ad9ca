"""What of a stage's work is new, changed or unchanged: decided from receipts, before anything is computed. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pqr_common.canonical import canonical_json, sha256_hex
from pqr_common.manifest.values import Partition
from pqr_common.stage.values import ExchangeRef, Slice, Task

__all__ = ["Receipt", "Verdict", "fingerprint"]


class Verdict(StrEnum):
    """What a task is, compared with what an earlier attempt, of whichever run, left."""

    NEW = "new"  # no receipt
    CHANGED = "changed"  # what the receipt names is damaged or gone
    UNCHANGED = "unchanged"  # nothing to do


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a finished task made, and the fingerprint of what it was made from."""

    made_from: str
    partitions: tuple[Partition, ...]
    exchanges: tuple[ExchangeRef, ...]

    def to_json(self) -> bytes:
        exchanges = [
            {"name": ref.name, "task": ref.task, "path": ref.path,
             "slices": [[bucket, asdict(part)] for bucket, part in sorted(ref.slices.items())]}
            for ref in self.exchanges
        ]  # fmt: skip
        partitions = [asdict(part) for part in self.partitions]
        return canonical_json({"made_from": self.made_from, "partitions": partitions, "exchanges": exchanges})

    @classmethod
    def from_json(cls, data: bytes) -> Receipt | None:
        """The receipt, or None for one that cannot be read: then the task is simply done again."""
        try:
            raw = json.loads(data)
            return cls(
                raw["made_from"],
                tuple(Partition(**part) for part in raw["partitions"]),
                tuple(_exchange(ref) for ref in raw["exchanges"]),
            )
        except (ValueError, KeyError, TypeError):
            return None

    def objects(self) -> dict[str, list[tuple[int, int, str]]]:
        """The objects the receipt stands for: path -> byte ranges as (offset, length, sha256)."""
        whole = {part.path: [(0, part.bytes, part.sha256)] for part in self.partitions}
        pieces = {r.path: [(s.offset, s.length, s.sha256) for s in r.slices.values()] for r in self.exchanges}
        return whole | pieces


def fingerprint(depends_on: str, phase: str, task: Task) -> str:
    """A digest of all a task's result depends on: parameters, code and settings, its phase, inputs and arguments."""
    inputs = [
        [item.sha256, item.sign]
        if isinstance(item, Partition)
        else sorted(piece.sha256 for piece in item.slices.values())
        for item in task.inputs
    ]
    return sha256_hex(canonical_json([depends_on, phase, task.key, inputs, dict(task.arguments)]))


def _exchange(raw: Mapping[str, Any]) -> ExchangeRef:
    slices = {bucket: Slice(**part) for bucket, part in raw["slices"]}
    return ExchangeRef(raw["name"], raw["task"], raw["path"], slices)
