"""A fault and its retry: what may pass is tried again, later and later; what was done is not done again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pqr_common.canonical import sha256_hex
from pqr_common.errors import LakeUnavailable, PqrError, UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.values import Partition
from pqr_pipeline.lab.grading import must
from pqr_pipeline.lab.work import Work

__all__ = ["check"]

Copy = Callable[..., Any]
OBJECTS = 6
TRIES, FIRST_SECONDS, JITTER = 4, 2, 0.5
BEFORE, AFTER, ALTERED = "before", "after", "altered"  # the object is put or not when the error comes


@dataclass
class Faulty(FolderLake):
    """A lake in a folder whose calls fail as planned, by their number from 0."""

    root: Path
    faults: dict[int, str] = field(default_factory=dict)
    calls: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.root)

    def read(self, partition: Partition) -> bytes:
        self._fail(BEFORE)
        data = super().read(partition)
        self.calls += 1
        return data

    def put_new(self, key: str, data: bytes) -> bool:
        self._fail(BEFORE)
        made = super().put_new(key, data)
        self._fail(AFTER)
        self.calls += 1
        return made

    def _fail(self, when: str) -> None:
        fault = self.faults.get(self.calls)
        if fault == ALTERED:
            raise UpstreamBroken("The object must be what its manifest says, found other bytes: restore it.")
        if fault == when:
            self.calls += 1
            raise LakeUnavailable("The lake must answer, found nothing: try again.")


@dataclass
class Case:
    """One copying, from a lake to another, by what fails in them."""

    copy: Copy
    source: Faulty
    target: Faulty
    parts: tuple[Partition, ...]
    slept: list[float] = field(default_factory=list)

    def error(self) -> PqrError | None:
        """Which error it lets through."""
        try:
            self.copy(self.source, self.target, self.parts, sleep=self.slept.append)
        except PqrError as error:
            return error
        return None

    def is_whole(self) -> bool:
        there = (self.target.find(part.path) for part in self.parts)
        return all(
            data is not None and sha256_hex(data) == part.sha256 for data, part in zip(there, self.parts, strict=True)
        )


def check(work: Work) -> str:
    copy, root = work.function("copy"), work.inbox.settings.home / "lake"
    parts = work.inbox.manifests["raw"].dataset("emails").partitions[:OBJECTS]

    def case(folder: str, reads: dict[int, str], puts: dict[int, str]) -> Case:
        return Case(copy, Faulty(root, reads), Faulty(Path(folder), puts), parts)

    for follow in (_passing, _lasting, _altered):
        with tempfile.TemporaryDirectory() as folder:
            follow(case, folder)
    return f"{OBJECTS} objects are copied whole through every fault that passes, and no other fault is tried again."


def _passing(case: Callable[..., Case], folder: str) -> None:
    """Two reads in a row, a write that did not happen, and one that did though its answer was lost."""
    now = case(folder, {1: BEFORE, 2: BEFORE}, {3: BEFORE, 5: AFTER})
    error = now.error()
    must(error is None, f"Faults that pass must be overcome, found {type(error).__name__} let through.")
    must(now.is_whole(), "All objects must be in the target with their hashes, found some missing or other bytes.")
    _grows(now.slept, [0, 1, 0, 0])


def _lasting(case: Callable[..., Case], folder: str) -> None:
    """The lake is away for long in the middle of it; somebody calls again when it is back."""
    first = case(folder, dict.fromkeys(range(3, 60), BEFORE), {})
    error = first.error()
    must(isinstance(error, LakeUnavailable), "The last error must be let through when all tries are spent, found none.")
    _grows(first.slept, list(range(TRIES - 1)))
    other = case(folder, dict.fromkeys(range(60), BEFORE), {})
    other.error()
    must(first.slept != other.slept, "Waits must differ by chance, or all clients come back at once, found them equal.")
    again = case(folder, {}, {})
    error = again.error()
    must(error is None and again.is_whole(), "Called again it must finish the copy, found it unfinished.")
    left = OBJECTS - 3
    must(again.source.calls <= left, f"Called again it must read only {left} objects, found {again.source.calls} read.")


def _altered(case: Callable[..., Case], folder: str) -> None:
    now = case(folder, {2: ALTERED}, {})
    error = now.error()
    must(
        isinstance(error, UpstreamBroken), "An altered object must be let through as the error it is, found it hidden."
    )
    must(not now.slept, f"What no retry mends must not be tried again, found {len(now.slept)} waits.")


def _grows(slept: list[float], tries: list[int]) -> None:
    must(len(slept) == len(tries), f"There must be {len(tries)} waits before tries, found {len(slept)}.")
    for number, (delay, before) in enumerate(zip(slept, tries, strict=True), 1):
        least = FIRST_SECONDS * 2**before
        fits = least <= delay <= least * (1 + JITTER)
        must(fits, f"Wait {number} must take {least} to {least * (1 + JITTER):g} s, found {delay:g} s.")
