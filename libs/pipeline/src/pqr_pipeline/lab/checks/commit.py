"""A conditional put: of several writers one wins, and nobody ever sees a part."""

from __future__ import annotations

import contextlib
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

from pqr_pipeline.lab.grading import must
from pqr_pipeline.lab.work import Work

__all__ = ["check"]

Put = Callable[[Path, bytes], Any]
WRITERS, ROUNDS = 4, 6
BYTES = 2**20
PAUSE_SECONDS = 0.01  # which every writer makes before the disk does what it asks for: time enough to be overtaken
SLOWED = ("open", "write", "link", "rename", "replace")


def check(work: Work) -> str:
    put_new: Put = work.function("put_new")
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        _one_after_another(put_new, room / "manifests" / "run" / "raw.json")
        _half_written(put_new, room / "full.json")
        for number in range(ROUNDS):
            _racing(put_new, room / "races" / f"{number}.json")
        left = sorted(path.name for path in room.rglob("*") if path.is_file())
        expected = sorted(["raw.json", "full.json", *(f"{number}.json" for number in range(ROUNDS))])
        must(left == expected, f"Only what was put must be left in the folder, found {len(left) - len(expected)} more.")
    return f"{ROUNDS} races of {WRITERS} writers have one winner each, and nothing was seen half."


def _one_after_another(put_new: Put, path: Path) -> None:
    must(put_new(path, b"first") is True, "put_new must return True for a new file, in a folder that is new as well.")
    must(put_new(path, b"second") is False, "put_new must return False for a file that is there.")
    must(path.read_bytes() == b"first", "What is there must stay as it is, found it overwritten by the second writer.")


def _half_written(put_new: Put, path: Path) -> None:
    """The disk takes half of the bytes; then there is room again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    failed = False
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES // 2, hard))
    try:
        put_new(path, bytes(BYTES))
    except OSError:
        failed = True
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    must(failed, "put_new must let the error of a full disk through, found that it returned.")
    must(not path.exists(), "A write that failed half-way must leave nothing to be seen, found a part of the file.")
    must(put_new(path, bytes(BYTES)) is True, "The next writer after a failed one must win, found that it did not.")


def _racing(put_new: Put, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    start = threading.Barrier(WRITERS + 1)
    contents = [bytes([number]) * BYTES for number in range(WRITERS)]

    def write(content: bytes) -> Any:
        sys.setprofile(_slow)  # of this thread, which ends with the round
        start.wait()
        return put_new(path, content)

    with ThreadPoolExecutor(WRITERS) as pool, _watched(path) as lengths:
        answers = [pool.submit(write, content) for content in contents]
        start.wait()
        won = [content for content, answer in zip(contents, answers, strict=True) if answer.result() is True]
    must(len(won) == 1, f"Of {WRITERS} writers at once one must be told True, found {len(won)}.")
    must(path.read_bytes() == won[0], "The file must hold what the winner wrote, found another's bytes.")
    shortest = min(lengths, default=BYTES)  # a busy machine may give the reader no turn
    must(shortest == BYTES, f"Readers must see all {BYTES:,} bytes or no file, found {shortest:,} for a while.")


@contextlib.contextmanager
def _watched(path: Path) -> Iterator[set[int]]:
    """The lengths that a reader sees in the meantime."""
    seen: set[int] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            with contextlib.suppress(FileNotFoundError):
                seen.add(path.stat().st_size)
            time.sleep(0)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        yield seen
    finally:
        ended.set()
        reader.join()


def _slow(_frame: FrameType, event: str, function: Any) -> None:
    if event == "c_call" and function.__name__ in SLOWED:
        time.sleep(PAUSE_SECONDS)
