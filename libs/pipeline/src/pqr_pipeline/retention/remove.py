"""Takes a run's records away; its data stays until a sweep, since other runs may consist of it too."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from pqr_common.errors import InvalidSettings, UnknownRun, UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest.layout import is_manifest, manifest_key, run_key
from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.gate import gate_shut, under_way

__all__ = ["Removed", "refuse_shown", "refuse_unknown", "remove"]


@dataclass(frozen=True, slots=True)
class Removed:
    """How many records of each kind a run had."""

    run_id: str
    manifests: int
    receipts: int
    attempts: int


def remove(lake: Lake, run_id: str, *, published: str | None) -> Removed:
    """Remove a run's manifests from the last layer to the first, its receipts, its attempts and, last, what it is.

    Killed anywhere it leaves a run that is not complete and can be removed again. Raises UnknownRun, and
    InvalidSettings for the run that is shown and for one under way.
    """
    records = RunRecords(lake, run_id)
    refuse_unknown(lake, run_id)
    refuse_shown(run_id, published)
    with gate_shut(lake) as gate:
        running = under_way(lake, run_id, now=datetime.now(UTC))
        if running:
            raise InvalidSettings(
                f"A run must not be removed while it is under way, found {running[0].stage} attempt "
                f"{running[0].number} of run {run_id} open since {running[0].started_at}: wait until it has ended."
            )
        kinds: Counter[str] = Counter()
        for key in _in_order(records):
            gate.hold()
            lake.delete(key)
            kinds[_kind(key)] += 1
    return Removed(run_id, kinds["manifests"], kinds["receipts"], kinds["attempts"])


def refuse_unknown(lake: Lake, run_id: str) -> None:
    """Raise UnknownRun for a run that the lake does not know; one that cannot be read it knows."""
    if lake.find(run_key(run_id)) is None:
        raise UnknownRun(f"A run to remove must be in the lake, found no {run_id!r} in {lake.url}: see `pqr runs`.")


def refuse_shown(run_id: str, published: str | None) -> None:
    """Raise InvalidSettings for the run that is shown."""
    if run_id == published:
        raise InvalidSettings(
            f"A run must not be removed while Postgres shows it, found {run_id} shown: run `pqr publish` for another "
            f"one first."
        )


def _in_order(records: RunRecords) -> list[str]:
    """The keys of a run's records in the order of their removal."""
    try:
        layers = records.graph().layers
    except UpstreamBroken:
        layers = ()  # an unreadable run may go as well
    last_first = [manifest_key(records.run_id, layer) for layer in reversed(layers)]
    places = {key: place for place, key in enumerate(last_first)}
    kinds = ("manifests", "receipts", "attempts", "declaration")
    there = records.lake.keys(f"manifests/{records.run_id}")
    return sorted(there, key=lambda key: (kinds.index(_kind(key)), places.get(key, -1), key))


def _kind(key: str) -> str:
    if is_manifest(key):
        return "manifests"
    folder = key.split("/")[2]
    return folder if folder in ("receipts", "attempts") else "declaration"
