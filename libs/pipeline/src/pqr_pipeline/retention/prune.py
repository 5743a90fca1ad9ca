"""Removes the runs beyond those to keep, then sweeps what no run needs any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pqr_common.lake.port import Lake
from pqr_pipeline.retention.keep import superseded
from pqr_pipeline.retention.remove import remove
from pqr_pipeline.retention.sweep import sweep

__all__ = ["Pruned", "prune"]


@dataclass(frozen=True, slots=True)
class Pruned:
    """The runs and objects that went, or would; `waits_for` says which stage is at work when objects were left."""

    runs: tuple[str, ...]
    objects: tuple[str, ...]
    bytes: int
    receipts: int
    waits_for: str | None


def prune(lake: Lake, *, keep: int | None, published: str | None, now: datetime, is_dry_run: bool = False) -> Pruned:
    """Keep so many runs of each inbox, or all when None; a dry run says what would go and touches nothing."""
    going = () if keep is None else tuple(superseded(lake, keep=keep, published=published, now=now))
    for run_id in () if is_dry_run else going:
        remove(lake, run_id, published=published)
    swept = sweep(lake, now=now, without=going, is_dry_run=is_dry_run)
    return Pruned(going, swept.objects, swept.bytes, swept.receipts, swept.waits_for)
