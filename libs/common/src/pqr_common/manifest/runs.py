"""A run's records in the lake: its parameters, its manifests and every attempt of every stage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from pqr_common.canonical import canonical_json
from pqr_common.errors import Fenced, InvalidSettings, ManifestConflict, UnknownRun, UpstreamBroken
from pqr_common.installed import the_only
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.values import Manifest, RunParameters

__all__ = ["Attempt", "RunRecords", "run_ids"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one stage. Times are ISO 8601 UTC text, `seconds` is text with milliseconds."""

    run_id: str
    stage: str
    number: int
    state: str  # running | completed | failed
    started_at: str
    host: str
    finished_at: str | None = None
    seconds: str | None = None
    error_type: str | None = None
    error: str | None = None
    tasks: int = 0
    tasks_reused: int = 0
    rows: int = 0
    bytes: int = 0
    checks: tuple[dict[str, Any], ...] = ()


def run_ids(lake: Lake) -> list[str]:
    """The runs the lake knows, for `pqr runs`; a listing, so nothing but display may rest on it."""
    return sorted({key.split("/")[1] for key in lake.keys("manifests") if key.endswith("/run.json")})


@dataclass(frozen=True, slots=True)
class RunRecords:
    """The records of one run."""

    lake: Lake
    run_id: str

    def declare(self, parameters: RunParameters) -> None:
        """Write the run's parameters first of all; the same run again is no change, another is refused."""
        data = canonical_json({"run_id": self.run_id, "parameters": parameters.to_json()})
        key = layout.run_key(self.run_id)
        if not self.lake.put_new(key, data) and self.lake.get(key) != data:
            raise InvalidSettings(
                f"A run id must always mean the same parameters, found {self.run_id!r} declared with others in "
                f"{self.lake.url}: give another --run-id or the parameters of {key}."
            )

    def parameters(self) -> RunParameters:
        """The parameters of the run; raises UnknownRun when it was never declared."""
        data = self.lake.find(layout.run_key(self.run_id))
        if data is None:
            raise UnknownRun(
                f"A run must have been started before, found no {self.run_id!r} in {self.lake.url}: "
                f"see `pqr runs` for the ones there are."
            )
        try:
            kind: type[RunParameters] = the_only("pqr.parameters")
            return kind.from_json(json.loads(data)["parameters"])
        except (ValueError, KeyError, TypeError) as error:
            raise UpstreamBroken(
                f"The record of a run must be readable, found {error} in {layout.run_key(self.run_id)} of "
                f"{self.lake.url}: restore it."
            ) from error

    def manifest(self, writes: str) -> Manifest | None:
        """The committed manifest of a layer, or None while there is none."""
        key = layout.manifest_key(self.run_id, writes)
        data = self.lake.find(key)
        return None if data is None else Manifest.from_json(data, where=f"{self.lake.url}/{key}")

    def upstream(self, writes: str) -> Manifest:
        """The committed manifest of a layer that must be there."""
        found = self.manifest(writes)
        if found is None:
            raise UpstreamBroken(
                f"The {writes} layer of run {self.run_id} must be committed first, found no "
                f"{layout.manifest_key(self.run_id, writes)} in {self.lake.url}: run the stage that writes it."
            )
        return found

    def commit(self, manifest: Manifest) -> Manifest:
        """Put the manifest last and only once; equal content is done already, other content is refused."""
        key = layout.manifest_key(self.run_id, manifest.stage)
        if self.lake.put_new(key, manifest.to_json()):
            return manifest
        there = Manifest.from_json(self.lake.get(key), where=f"{self.lake.url}/{key}")
        if there.digest != manifest.digest:
            raise ManifestConflict(
                f"A stage must give the same data each time, found digest {manifest.digest[:12]} where "
                f"{there.digest[:12]} is committed in {key}: nothing was overwritten; use another run id."
            )
        return there

    def attempts(self, stage: str) -> Iterator[Attempt]:
        """Every attempt of a stage, oldest first."""
        number = 1
        while (data := self.lake.find(layout.attempt_key(self.run_id, stage, number))) is not None:
            fields = json.loads(data)
            yield Attempt(**fields | {"checks": tuple(fields["checks"])})
            number += 1

    def claim(self, stage: str, *, started_at: str, host: str) -> Attempt:
        """Open the next attempt; of two claims at once each gets a number of its own."""
        number = 1 + sum(1 for _ in self.attempts(stage))
        while True:
            attempt = Attempt(self.run_id, stage, number, "running", started_at, host)
            if self.lake.put_new(layout.attempt_key(self.run_id, stage, number), canonical_json(asdict(attempt))):
                return attempt
            number += 1

    def close(self, attempt: Attempt, **changes: Any) -> Attempt:
        """Record how an attempt ended."""
        closed = replace(attempt, **changes)
        key = layout.attempt_key(self.run_id, attempt.stage, attempt.number)
        self.lake.put(key, canonical_json(asdict(closed)))
        return closed

    def close_lost(self, attempt: Attempt) -> None:
        """Record that earlier attempts of the stage never said how they ended: killed, or cut off from the lake."""
        for earlier in list(self.attempts(attempt.stage))[: attempt.number - 1]:
            if earlier.state == "running":
                self.close(
                    earlier,
                    state="failed",
                    finished_at=attempt.started_at,
                    error_type="Lost",
                    error=f"An attempt must record how it ended, found {earlier.stage} {earlier.number} of run "
                    f"{self.run_id} still open on {earlier.host}: attempt {attempt.number} took over.",
                )

    def refuse_fenced(self, attempt: Attempt) -> None:
        """Raise Fenced when a newer attempt of the stage was opened: that one commits, this one must not."""
        if self.lake.find(layout.attempt_key(self.run_id, attempt.stage, attempt.number + 1)) is not None:
            raise Fenced(
                f"Only the newest attempt of a stage may commit, found attempt {attempt.number + 1} beside "
                f"{attempt.number} of {attempt.stage} in run {self.run_id}: let that one finish."
            )
