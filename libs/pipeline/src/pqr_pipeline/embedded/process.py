"""A server of ours as a child process on loopback: a port for it, its first answer, its end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["child_of_this", "free_port", "is_answering", "silence"]

POLL_SECONDS = 0.2
ANSWER_SECONDS = 2
STOP_SECONDS = 2  # none of them holds anything that is kept


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_answering(url: str, child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the child's first good answer at the URL; False when time is up or the child has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and child.poll() is None:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(url, timeout=ANSWER_SECONDS),  # noqa: S310  a loopback address of ours
        ):
            return True
        time.sleep(POLL_SECONDS)
    return False


def silence(child: subprocess.Popen[bytes]) -> str:
    """What there is instead of an answer, for a sentence that says "found"."""
    return "no answer" if child.poll() is None else f"that it ended with code {child.returncode}"


@contextlib.contextmanager
def child_of_this(
    module: str, arguments: Mapping[str, object], *, environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module` with these options and `--parent`, the process to end with; it is gone afterwards."""
    options = [f"--{name}={value}" for name, value in (*arguments.items(), ("parent", os.getpid()))]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this process; it ends the child in its own order
        )
    try:
        yield child
    finally:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS)
        child.kill()
        child.wait()
