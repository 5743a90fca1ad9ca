"""What nobody needs in a lake: left by a killed writer, by an attempt that failed, by a run that was forgotten."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from pqr_common.errors import PqrError, VerificationFailed
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.stage.discovery import installed_graph
from pqr_common.stage.receipts import Receipt

__all__ = ["leftovers", "look_for_leftovers", "removed"]

GRACE = timedelta(hours=1)  # what is younger may belong to somebody who still works
EXCHANGE = "_exchange"


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
    """Remove every leftover, and say which."""
    found = list(leftovers(lake, now=now))
    for key in found:
        lake.delete(key)
    return found


def leftovers(lake: Lake, *, now: datetime) -> Iterator[str]:
    """Keys of drafts, of objects of runs that were never declared, and of objects that their run does not name.

    A run whose newest attempt is younger than an hour may be under way, so nothing of it is a leftover.
    """
    yield from lake.drafts(older_than=GRACE.total_seconds())
    declared = set(run_ids(lake))
    of_runs: dict[str, list[str]] = {}
    for layer in installed_graph().layers:
        for key in lake.keys(layer):
            if "/run=" in key:
                of_runs.setdefault(key.split("/run=")[1].split("/")[0], []).append(key)
    for run_id, keys in sorted(of_runs.items()):
        if run_id not in declared:
            yield from keys
            continue
        with contextlib.suppress(PqrError):  # what cannot be read cannot be judged; `pqr runs` tells of it
            records = RunRecords(lake, run_id)
            if not _may_be_under_way(records, now):
                named = set(_named(records))
                yield from (key for key in keys if key not in named)


def _named(records: RunRecords) -> Iterator[str]:
    """What manifests name, and what receipts name for stages that are not committed yet."""
    manifests = records.manifests()
    for manifest in manifests.values():
        yield from (part.path for dataset in manifest.datasets for part in dataset.partitions)
    for node in records.graph().nodes:
        for key in (
            () if node.writes in manifests else records.lake.keys(f"manifests/{records.run_id}/receipts/{node.stage}")
        ):
            receipt = Receipt.from_json(records.lake.get(key))
            yield from receipt.objects() if receipt else ()


def _may_be_under_way(records: RunRecords, now: datetime) -> bool:
    told = [attempt.finished_at or attempt.started_at for attempt in records.all_attempts()]
    newest = max((text for text in told if text), default=None)
    return newest is None or now - datetime.fromisoformat(newest) < GRACE
