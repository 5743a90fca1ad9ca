"""Which runs stay: of each inbox those that go furthest. A run without all its layers counts for none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pqr_common.errors import InvalidSettings, UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest.parameters import RunParameters
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.stage.gate import under_way
from pqr_pipeline.retention.needed import GRACE

__all__ = ["superseded"]


@dataclass(frozen=True, slots=True)
class Candidate:
    run_id: str
    parameters: RunParameters
    is_complete: bool

    def is_before(self, other: Candidate) -> bool:
        """Whether the other stays rather than this one: it goes further, or as far and has all that this one lacks."""
        if other.parameters.continues(self.parameters):
            return True
        is_same = other.parameters.digest == self.parameters.digest
        return is_same and (other.is_complete, other.run_id) > (self.is_complete, self.run_id)


def superseded(lake: Lake, *, keep: int, published: str | None, now: datetime) -> list[str]:
    """The runs that go when `keep` of each inbox stay; never the shown one, one under way, or an unreadable one."""
    if keep < 1:
        raise InvalidSettings(f"--keep must be at least 1, found {keep}: say how many runs of each inbox stay.")
    candidates = [found for run_id in run_ids(lake) if (found := _candidate(lake, run_id)) is not None]
    stays = {attempt.run_id for attempt in under_way(lake, now=now)} | {published}
    stays |= {each.run_id for each in candidates if not each.is_complete and _is_young(lake, each.run_id, now)}
    return [
        each.run_id
        for each in candidates
        if each.run_id not in stays and sum(other.is_complete and each.is_before(other) for other in candidates) >= keep
    ]


def _is_young(lake: Lake, run_id: str, now: datetime) -> bool:
    """Whether something was written of it within the grace time: then its next stage may be about to begin."""
    folder = f"manifests/{run_id}"
    return any(set(lake.keys(folder)) - set(lake.keys(folder, before=now - GRACE)))


def _candidate(lake: Lake, run_id: str) -> Candidate | None:
    records = RunRecords(lake, run_id)
    try:
        return Candidate(run_id, records.parameters(), len(records.manifests()) == len(records.graph().layers))
    except (UpstreamBroken, InvalidSettings):
        return None
