"""Who removes objects and who reuses them never meet: each first says that it is there, then looks for the other.

A sweeper shuts the gate and then looks for attempts under way; a driver opens its attempt and then looks for a shut
gate. Whichever is later sees the other and leaves, so an object is never swept that is about to be named (Dekker).
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pqr_common.canonical import canonical_json
from pqr_common.errors import Fenced, InvalidSettings, Transient, UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.layout import GATE, attempt_of
from pqr_common.manifest.runs import RunRecords

__all__ = ["Gate", "gate_shut", "is_committed", "refuse_outlived", "refuse_shut_gate", "under_way"]

GATE_LASTS = timedelta(minutes=10)  # an older one belongs to a sweeper that was killed
CONFIRM_SECONDS, RENEW_SECONDS, LOSE_SECONDS = 1.0, 60.0, 300.0
ATTEMPT_LASTS = timedelta(hours=6)  # an older one that never ended belongs to a driver that was killed
COMMIT_WITHIN = ATTEMPT_LASTS - timedelta(minutes=30)  # clocks differ


@dataclass(slots=True)
class Gate:
    """The gate as its sweeper holds it: `hold` comes before each removal."""

    lake: Lake
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    _confirmed: float = 0.0
    _renewed: float = 0.0

    def shut(self) -> None:
        """Shut it; raises Transient when another sweeper holds it."""
        if not self.lake.put_new(GATE, self._said()):
            self._refuse_held()
            self.lake.delete(GATE)
            is_mine = self.lake.put_new(GATE, self._said())
            time.sleep(CONFIRM_SECONDS)  # of two that take over at once, one deletes what the other has put
            if not is_mine or not self._is_mine():
                raise _held(self.lake)
        self._confirmed = self._renewed = time.monotonic()

    def hold(self) -> None:
        """See that it is still this sweeper's, and keep it young; raises Transient once it may be another's."""
        now = time.monotonic()
        if now - self._renewed > LOSE_SECONDS or (now - self._confirmed > CONFIRM_SECONDS and not self._is_mine()):
            raise _held(self.lake)
        if now - self._renewed > RENEW_SECONDS:
            self.lake.put(GATE, self._said())
            self._renewed = now
        self._confirmed = now

    def open(self) -> None:
        if self._is_mine():
            self.lake.delete(GATE)

    def _said(self) -> bytes:
        return canonical_json({"token": self.token, "at": datetime.now(UTC).isoformat()})

    def _is_mine(self) -> bool:
        data = self.lake.find(GATE)
        return data is not None and self.token.encode() in data

    def _refuse_held(self) -> None:
        if _is_shut(self.lake):
            raise _held(self.lake)


@contextlib.contextmanager
def gate_shut(lake: Lake) -> Iterator[Gate]:
    """Hold the gate shut meanwhile; raises Transient when another sweeper does."""
    gate = Gate(lake)
    gate.shut()
    try:
        yield gate
    finally:
        gate.open()


def refuse_shut_gate(lake: Lake) -> None:
    """Raise Transient while somebody removes what this stage might reuse; ask after the attempt was opened."""
    if _is_shut(lake):
        raise Transient(
            f"A stage must not begin while `pqr prune` or `pqr remove` is at work, found {GATE} in {lake.url}: "
            f"run `pqr retry` when that has ended, or ten minutes after it was killed."
        )


def refuse_outlived(attempt: Attempt) -> None:
    """Raise Fenced for an attempt so old that a sweeper may take it for dead; its receipts make the next one short."""
    began = _instant(attempt.started_at)
    if began is None or datetime.now(UTC) - began > COMMIT_WITHIN:
        raise Fenced(
            f"An attempt must commit within {COMMIT_WITHIN.total_seconds() / 3600:.1f} hours, found that attempt "
            f"{attempt.number} of {attempt.stage} in run {attempt.run_id} began at {attempt.started_at}: run "
            f"`pqr retry`, which finds made what was made."
        )


def under_way(lake: Lake, run_id: str | None = None, *, now: datetime) -> list[Attempt]:
    """The newest attempts, of one run or of all, that have not ended and began within the last hours."""
    last: dict[tuple[str, str], int] = {}
    for key in lake.keys(f"manifests/{run_id}" if run_id else "manifests"):
        found = attempt_of(key)
        if found is not None:
            run, stage, number = found
            last[run, stage] = max(number, last.get((run, stage), 0))
    running = []
    for (run, stage), number in last.items():
        attempt = RunRecords(lake, run).attempt(stage, number)
        began = _instant(attempt.started_at) if attempt else None
        if attempt and attempt.state == "running" and began and now - began < ATTEMPT_LASTS:
            running.append(attempt)
    return running


def is_committed(lake: Lake, attempt: Attempt) -> bool:
    """Whether the stage of an attempt has its manifest: then it makes nothing that a manifest is still to name."""
    records = RunRecords(lake, attempt.run_id)
    try:
        return records.manifest(records.graph().layer_of(attempt.stage)) is not None
    except (InvalidSettings, UpstreamBroken):
        return False


def _is_shut(lake: Lake) -> bool:
    data = lake.find(GATE)
    try:
        put_at = _instant(json.loads(data)["at"]) if data is not None else None
    except (ValueError, KeyError, TypeError):
        return False  # it was put whole, so nobody who lives has put it
    return put_at is not None and abs(datetime.now(UTC) - put_at) < GATE_LASTS


def _instant(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None


def _held(lake: Lake) -> Transient:
    return Transient(
        f"One sweeper at a time may remove things, found {GATE} held by another in {lake.url}: try again when that "
        f"has ended, or ten minutes after it was killed."
    )
