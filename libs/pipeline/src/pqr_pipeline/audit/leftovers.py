"""What nobody needs in a lake, as a finding: left by a killed writer, a failed attempt or a run that was removed."""

from __future__ import annotations

from datetime import datetime

from pqr_common.errors import UpstreamBroken, VerificationFailed
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import run_ids
from pqr_pipeline.retention.sweep import Swept, sweep

__all__ = ["look_for_leftovers", "removed"]

SHOWN = 10


def look_for_leftovers(lake: Lake, *, now: datetime) -> str:
    """Raise VerificationFailed when there are leftovers, with the first of them."""
    found = _swept(lake, now=now, is_dry_run=True)
    if found.objects:
        more = f" and {len(found.objects) - SHOWN} more" if len(found.objects) > SHOWN else ""
        raise VerificationFailed(
            f"Every object must be named by a manifest, found {len(found.objects)} that are not in {lake.url}: "
            f"{', '.join(found.objects[:SHOWN])}{more}; remove them with `pqr prune` or `pqr doctor --fix`."
        )
    return f"{len(run_ids(lake))} runs, and nothing that none of them names"


def removed(lake: Lake, *, now: datetime) -> Swept:
    """Remove every leftover, and say which; none in a lake with a manifest that cannot be read."""
    return _swept(lake, now=now, is_dry_run=False)


def _swept(lake: Lake, *, now: datetime, is_dry_run: bool) -> Swept:
    try:
        return sweep(lake, now=now, is_dry_run=is_dry_run)
    except UpstreamBroken:
        return Swept()  # what cannot be read may name anything; `pqr runs` tells of it
