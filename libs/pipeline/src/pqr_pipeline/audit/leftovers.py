"""What nobody needs in a lake: left by a killed writer, by an attempt that failed, by a run that was forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pqr_common.errors import UpstreamBroken, VerificationFailed
from pqr_common.lake.port import Lake
from pqr_common.manifest.codec import decoded
from pqr_common.manifest.layout import is_manifest
from pqr_common.manifest.runs import run_ids
from pqr_common.stage.discovery import installed_graph
from pqr_common.stage.receipts import Receipt

__all__ = ["leftovers", "look_for_leftovers", "named_by_manifests", "named_by_receipts", "removed"]

GRACE = timedelta(hours=1)  # what is younger may belong to somebody who still works


def look_for_leftovers(lake: Lake, *, now: datetime) -> str:
    """Raise VerificationFailed with every leftover there is."""
    found = list(leftovers(lake, now=now))
    if found:
        raise VerificationFailed(
            f"Every object must be named by a manifest, found {len(found)} that are not in {lake.url}: "
            f"{', '.join(found)}; remove them with `pqr doctor --fix`."
        )
    return f"{len(run_ids(lake))} runs, and nothing that none of them names"


def removed(lake: Lake, *, now: datetime) -> list[str]:
    """Remove every leftover as soon as it is found to be one, and say which."""
    gone = []
    for key in leftovers(lake, now=now):
        lake.delete(key)
        gone.append(key)
    return gone


def leftovers(lake: Lake, *, now: datetime) -> Iterator[str]:
    """Keys of drafts, and of objects that neither a manifest nor a receipt names; nothing put within the last hour."""
    before = now - GRACE
    yield from lake.drafts(before=before)
    there = [key for layer in installed_graph().layers for key in lake.keys(layer, before=before)]
    try:
        named = named_by_manifests(lake)  # asked last: what is put meanwhile is young
    except UpstreamBroken:
        return  # what cannot be read may name anything; `pqr runs` tells of it
    left = [key for key in there if key not in named]
    if left:  # almost never, and only then does anybody need the receipts, of which there are many
        named = named_by_receipts(lake)
        yield from (key for key in left if key not in named)


def named_by_manifests(lake: Lake) -> set[str]:
    """The keys of all objects of all runs; raises UpstreamBroken for a manifest that cannot be read."""
    manifests = (
        decoded(lake.get(key), where=f"{lake.url}/{key}") for key in lake.keys("manifests") if is_manifest(key)
    )
    return {part.path for manifest in manifests for part in manifest.partitions}


def named_by_receipts(lake: Lake) -> set[str]:
    """The keys of all objects that a task may find made already."""
    shared = lake.keys("tasks")
    of_runs = (key for key in lake.keys("manifests") if "/receipts/" in key)
    receipts = (Receipt.from_json(lake.get(key)) for key in (*shared, *of_runs))
    return {path for receipt in receipts if receipt is not None for path in receipt.objects()}
