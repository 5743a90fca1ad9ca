"""What a worker is told besides its task, and its way to the lake."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pqr_common.errors import InvalidSettings
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake, LakeLocation
from pqr_common.manifest.parameters import RunParameters
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.discovery import sources

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
    sources: Mapping[str, str] = field(init=False)  # digests of the code, of whoever assigns

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", sources(self.stage))

    def refuse_other_code(self) -> None:
        """Raise InvalidSettings on a worker of other code than the driver's, which joined after that had looked."""
        here = sources(self.stage)
        differing = [package for package, digest in self.sources.items() if here.get(package) != digest]
        if differing:
            raise InvalidSettings(
                f"Driver and Dask workers must run the same code, found another {', '.join(differing)} on a worker at "
                f"{socket.gethostname()}: start its workers again from the driver's sources, then run `pqr retry`."
            )


@cache
def worker_lake(location: LakeLocation) -> Lake:
    """One client a process; opening one for each task costs more than many tasks."""
    return open_lake(location)
