"""What of a lake is needed: named by a manifest of a run that stays, or found made already by one that goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pqr_common.lake.port import Lake
from pqr_common.manifest.codec import decoded
from pqr_common.manifest.layout import attempt_of, is_manifest, manifest_key, run_key
from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.discovery import installed_graph
from pqr_common.stage.receipts import Receipt

__all__ = ["GRACE", "Needed", "old_objects"]

GRACE = timedelta(hours=1)  # what is younger may belong to somebody who still works


def old_objects(lake: Lake, *, now: datetime) -> Iterator[str]:
    """The keys of drafts and data that were put before the grace time, whether anybody needs them or not."""
    before = now - GRACE
    yield from lake.drafts(before=before)
    for layer in installed_graph().layers:
        yield from lake.keys(layer, before=before)


@dataclass(slots=True)
class Needed:
    """Reads each manifest and receipt once, however often it is asked; raises UpstreamBroken for a damaged manifest.

    Runs in `without` count as gone already.
    """

    lake: Lake
    without: Collection[str] = ()
    _paths: dict[str, frozenset[str]] = field(default_factory=dict)

    def unneeded(self, keys: Iterable[str]) -> list[str]:
        """Those that nobody needs now. Receipts, of which there are many, are read only when manifests do not name all.

        A run that stands at a stage may find its tasks made already, so what the receipts of that stage name stays.
        """
        records = [key for key in self.lake.keys("manifests") if key.split("/")[1] not in self.without]
        named = self._named(key for key in records if is_manifest(key))
        left = [key for key in keys if key not in named]
        if not left:
            return []
        named = self._named(key for key in records if "/receipts/" in key)
        for stage in self._unfinished(records):
            named |= self._named(self.lake.keys(f"tasks/{stage}"))
        return [key for key in left if key not in named]

    def receipts_of(self, keys: Collection[str]) -> list[str]:
        """The shared receipts that name any of these objects."""
        gone = frozenset(keys)
        return [key for key in self.lake.keys("tasks") if self._of(key) & gone] if gone else []

    def _unfinished(self, records: Collection[str]) -> set[str]:
        """The stages that were begun and not committed, of any run."""
        there = set(records)
        begun = {found[:2] for found in map(attempt_of, records) if found is not None}
        graphs = {run: RunRecords(self.lake, run).graph() for run in {run for run, _ in begun if run_key(run) in there}}
        writes = {(run, node.stage): node.writes for run, graph in graphs.items() for node in graph.nodes}
        return {stage for run, stage in begun & set(writes) if manifest_key(run, writes[run, stage]) not in there}

    def _named(self, keys: Iterable[str]) -> set[str]:
        return {path for key in keys for path in self._of(key)}

    def _of(self, key: str) -> frozenset[str]:
        if key not in self._paths:
            self._paths[key] = frozenset(self._read(key))
        return self._paths[key]

    def _read(self, key: str) -> Iterable[str]:
        data = self.lake.find(key)
        if data is None:
            return ()  # removed since it was listed
        if is_manifest(key):
            return [part.path for part in decoded(data, where=f"{self.lake.url}/{key}").partitions]
        receipt = Receipt.from_json(data)
        return receipt.objects() if receipt else ()
