"""What nobody needs in a lake: left by a killed writer, by an attempt that failed, by a run that was forgotten."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pqr_common.errors import UpstreamBroken, VerificationFailed
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
    """Remove every leftover as soon as it is found to be one, and say which."""
    gone = []
    for key in leftovers(lake, now=now):
        lake.delete(key)
        gone.append(key)
    return gone


def leftovers(lake: Lake, *, now: datetime) -> Iterator[str]:
    """Keys of drafts, of objects of runs that were never declared, and of objects that their run does not name.

    Nothing put within the last hour is a leftover, nor anything of a run with an attempt of that age.
    """
    before = now - GRACE
    yield from lake.drafts(before=before)
    of_runs: dict[str, list[str]] = {}
    for layer in installed_graph().layers:
        for key in lake.keys(layer, before=before):
            if "/run=" in key:
                of_runs.setdefault(key.split("/run=")[1].split("/")[0], []).append(key)
    declared = set(run_ids(lake))  # asked last: a run is declared before its first object is put
    for run_id, keys in sorted(of_runs.items()):
        if run_id not in declared:
            yield from keys
            continue
        with contextlib.suppress(UpstreamBroken):  # what cannot be read cannot be judged; `pqr runs` tells of it
            yield from _unnamed(RunRecords(lake, run_id), keys, before)


def _unnamed(records: RunRecords, keys: list[str], before: datetime) -> list[str]:
    """Those of a run's keys that neither a manifest nor a receipt names; none while it may be under way."""
    if _may_be_under_way(records, before):
        return []
    named = {part.path for manifest in records.manifests().values() for part in manifest.partitions}
    if named.issuperset(keys):
        return []  # as almost always, and then nobody needs the receipts, of which there are many
    for key in records.lake.keys(f"manifests/{records.run_id}/receipts"):
        receipt = Receipt.from_json(records.lake.get(key))
        named.update(receipt.objects() if receipt else ())
    return [key for key in keys if key not in named]


def _may_be_under_way(records: RunRecords, before: datetime) -> bool:
    """Whether an attempt began or ended since, or there was none yet."""
    newest = before.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")  # as attempts write it
    told = [str(time) for each in records.all_attempts() if (time := each.finished_at or each.started_at)]
    return not told or max(told) >= newest
