"""What a worker is told besides its task, and its way to the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake, LakeLocation
from pqr_common.manifest.parameters import RunParameters
from pqr_common.stage.declaration import Phase, Stage

__all__ = ["Assignment", "worker_lake"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everything a worker needs besides the task."""

    stage: Stage
    phase: Phase
    run_id: str
    parameters: RunParameters
    lake: LakeLocation
    settings: Mapping[str, Any]  # those that the stage declares
    depends_on: str  # digest of parameters, code and settings: a receipt that differs is no longer true


@cache
def worker_lake(location: LakeLocation) -> Lake:
    """One client a process; opening one for each task costs more than many tasks."""
    return open_lake(location)
