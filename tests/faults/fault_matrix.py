"""The matrix as data: every fault with every stage in both places, or why it cannot meet it there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

import fault_kinds as kinds
from fault_cells import PLACES, STAGES, Cell

SEED = os.environ.get("PQR_FAULT_SEED", "20260101")
FOLDER_HAS_NO_API = "the lake is a folder, which answers no calls"
STORE_HAS_ITS_OWN_DISK = "the disk is the store's own; full, it answers as in `store answers 503`"
NO_POSTGRES = "the stage asks nothing of Postgres; that the run's story cannot be recorded there hinders no stage"


@dataclass(frozen=True)
class Fault:
    """What happens, and, by stage and place, why it cannot happen there, if that is so."""

    name: str
    inject: Callable[[Cell], kinds.Ended]
    hindrance: Callable[[str, str], str] = lambda _stage, _place: ""


def _of_a_store(_stage: str, place: str) -> str:
    return FOLDER_HAS_NO_API if place == "embedded" else ""


def _of_a_disk(_stage: str, place: str) -> str:
    if place == "served" and _stage != "loader":
        return STORE_HAS_ITS_OWN_DISK
    return "" if os.geteuid() == 0 else "only root may mount a file system of its own"


def _of_postgres(stage: str, _place: str) -> str:
    return "" if stage == "loader" else NO_POSTGRES


FAULTS = (
    Fault("SIGKILL of the driver", kinds.signalled(signal.SIGKILL)),
    Fault("Ctrl-C", kinds.signalled(signal.SIGINT)),
    Fault("SIGTERM", kinds.signalled(signal.SIGTERM)),
    Fault("SIGKILL of a worker", kinds.worker_signalled(signal.SIGKILL)),
    Fault("SIGSTOP of a worker beyond its heartbeat", kinds.worker_signalled(signal.SIGSTOP)),
    Fault("stale worker code", kinds.stale_code),
    Fault("disk full", kinds.disk_full, _of_a_disk),
    Fault("Postgres killed", kinds.postgres_signalled(signal.SIGKILL), _of_postgres),
    Fault("Postgres restarted", kinds.postgres_signalled(signal.SIGINT), _of_postgres),
    Fault("store answers 503 for 20 s", kinds.store_troubled("busy"), _of_a_store),
    Fault("store slow, 2 s a call", kinds.store_troubled("slow"), _of_a_store),
    Fault("store refuses connections", kinds.store_shut, _of_a_store),
    Fault("answer of a committed put lost", kinds.store_troubled("lossy"), _of_a_store),
    Fault("same stage started twice", kinds.started_twice),
    Fault("clock a day back", kinds.clock_back),
    Fault("a truncated object", kinds.truncated),
)
NAMED = {fault.name: fault for fault in FAULTS}
ALL = tuple((fault, stage, place) for fault in FAULTS for place in PLACES for stage in STAGES)
MET = tuple((fault.name, stage, place) for fault, stage, place in ALL if not fault.hindrance(stage, place))
REDUCED = (
    ("clock a day back", "generator", "embedded"),
    ("SIGKILL of a worker", "bronze", "embedded"),
    ("same stage started twice", "silver", "embedded"),
    ("a truncated object", "gold", "embedded"),
    ("Postgres killed", "loader", "embedded"),
)  # one a stage, of those that start no command
