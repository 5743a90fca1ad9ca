"""How far a run is: one reading of its manifests and attempts, for the command and for Postgres. Pure.

Manifests decide: a stage is done once its manifest stands, whatever its attempts say, since an attempt may be killed
between committing and recording that it has. The first stage that is not done tells how the run stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.graph import Graph

__all__ = ["RunState", "run_state"]


@dataclass(frozen=True, slots=True)
class RunState:
    """`name`: declared (nothing began), running (or killed: nobody can tell from here), failed, or completed.

    `stage` is the first that is not done; `is_begun` where it has an attempt; `reason` what that failed with.
    """

    name: str
    stage: str | None = None
    reason: str | None = None
    is_begun: bool = True

    def __str__(self) -> str:
        match self.name:
            case "failed":
                return f"failed at {self.stage}"
            case "running":
                return f"running or killed at {self.stage}" if self.is_begun else f"waits for {self.stage}"
        return self.name


def run_state(graph: Graph, committed: Collection[str], attempts: Iterable[Attempt]) -> RunState:
    """The state of a run with these committed layers; `attempts` of all stages, each stage's oldest first."""
    last = {attempt.stage: attempt for attempt in attempts}
    for node in graph.nodes:
        if node.writes in committed:
            continue
        latest = last.get(node.stage)
        if latest is not None and latest.state in ("failed", "unreadable"):
            return RunState("failed", node.stage, latest.error)
        return RunState("running" if last else "declared", node.stage, is_begun=latest is not None)
    return RunState("completed")
