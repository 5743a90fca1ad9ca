"""What a stack deploys: flows by name, who runs them and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pqr_common.stage.discovery import installed_graph
from pqr_pipeline.containers.serve import PIPELINE

__all__ = ["Deployed", "deployed"]

NIGHTLY = "0 6 * * *"


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployment: its flow, its name and the pool whose workers run it."""

    flow: str
    name: str
    pool: str
    parameters: dict[str, Any] = field(default_factory=dict)
    cron: str | None = None  # switched off until a person switches it on
    every: int | None = None  # seconds; switched on as long as the environment says so
    is_alone: bool = False  # one run at a time

    @property
    def full_name(self) -> str:
        return f"{self.flow}/{self.name}"


def deployed(inbox_speed: int | None = None) -> tuple[Deployed, ...]:
    """Every deployment of a stack whose inbox gets a day more every so many seconds, or only when asked."""
    order = installed_graph().stages
    stages = (Deployed("stage", name, name, {"stage": name}) for name in order)
    doctors = (Deployed("doctor", name, name, {"stage": name}) for name in order)
    return (
        *stages,
        *doctors,
        Deployed("record", "loader", "loader"),
        Deployed("pqr", PIPELINE, PIPELINE, cron=NIGHTLY),
        Deployed("live", PIPELINE, PIPELINE, every=inbox_speed, is_alone=True),
    )
