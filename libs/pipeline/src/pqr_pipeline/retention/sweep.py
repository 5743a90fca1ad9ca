"""Sweeps what nobody needs, with the gate shut; may be killed anywhere, since the next sweep goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pqr_common.lake.port import Lake
from pqr_common.stage.gate import gate_shut, is_committed, under_way
from pqr_pipeline.retention.needed import Needed, old_objects

__all__ = ["Swept", "sweep"]


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed, or would be: the objects, their bytes, the receipts. `waits_for` says why nothing was."""

    objects: tuple[str, ...] = ()
    bytes: int = 0
    receipts: int = 0
    waits_for: str | None = None


def sweep(lake: Lake, *, now: datetime, without: tuple[str, ...] = (), is_dry_run: bool = False) -> Swept:
    """Remove every object that no run needs and that is older than the grace time.

    `without` names runs that count as gone, which a dry run asks for. While a stage is at work all is left alone: it
    may find an old object made already and name it a moment later. Raises UpstreamBroken for a manifest that cannot be
    read, since it may name anything.
    """
    needed = Needed(lake, without)
    left = needed.unneeded(old_objects(lake, now=now))
    receipts = needed.receipts_of(left)
    if is_dry_run:
        return Swept(tuple(left), sum(map(lake.size, left)), len(receipts))
    if not left:
        return Swept()
    with gate_shut(lake) as gate:
        busy = [attempt for attempt in under_way(lake, now=now) if not is_committed(lake, attempt)]
        if busy:
            return Swept(waits_for=f"{busy[0].stage} of run {busy[0].run_id}")
        left = needed.unneeded(left)  # asked again: from now on nobody names anything
        receipts = needed.receipts_of(left)
        freed = 0
        for receipt in receipts:  # before its objects, which the next sweep finds without it
            gate.hold()
            lake.delete(receipt)
        for key in left:
            gate.hold()
            freed += lake.size(key)
            lake.delete(key)
    return Swept(tuple(left), freed, len(receipts))
