"""The attempts at the stages of a run: opened before anything is done, closed with how it ended, never deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from pqr_common.canonical import canonical_json
from pqr_common.errors import Fenced
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout

__all__ = ["Attempt", "AttemptRecords"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one stage. Times are ISO 8601 UTC text, `seconds` is text with milliseconds."""

    run_id: str
    stage: str
    number: int
    state: str  # running | completed | failed | unreadable
    started_at: str | None
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


@dataclass(frozen=True, slots=True)
class AttemptRecords:
    """The attempts of one run."""

    lake: Lake
    run_id: str

    def attempts(self, stage: str) -> Iterator[Attempt]:
        """Every attempt of a stage, oldest first; one that cannot be read says so in its `state` and `error`."""
        number = 1
        while (attempt := self.attempt(stage, number)) is not None:
            yield attempt
            number += 1

    def attempt(self, stage: str, number: int) -> Attempt | None:
        data = self.lake.find(layout.attempt_key(self.run_id, stage, number))
        return None if data is None else self._attempt(stage, number, data)

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
        """Raise Fenced when a newer attempt of the stage was opened, or this one closed or removed by somebody else."""
        if self.lake.find(layout.attempt_key(self.run_id, attempt.stage, attempt.number + 1)) is not None:
            raise Fenced(
                f"Only the newest attempt of a stage may commit, found attempt {attempt.number + 1} beside "
                f"{attempt.number} of {attempt.stage} in run {self.run_id}: let that one finish."
            )
        own = self.attempt(attempt.stage, attempt.number)
        if own is None or own.state != "running":
            raise Fenced(
                f"Only an open attempt may commit, found attempt {attempt.number} of {attempt.stage} in run "
                f"{self.run_id} {own.state if own else 'removed'} by another: run `pqr retry`."
            )

    def _attempt(self, stage: str, number: int, data: bytes) -> Attempt:
        try:
            found = json.loads(data)
            known = {each.name: found[each.name] for each in fields(Attempt) if each.name in found}
            return Attempt(**known | {"checks": tuple(found["checks"])})
        except (ValueError, KeyError, TypeError) as error:
            key = layout.attempt_key(self.run_id, stage, number)
            said = f"The record of an attempt must be readable, found {error} in {key} of {self.lake.url}: restore it."
            return Attempt(self.run_id, stage, number, "unreadable", None, "", error_type="Unreadable", error=said)
