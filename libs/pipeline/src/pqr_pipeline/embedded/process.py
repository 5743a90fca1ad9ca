"""A server of ours as a child process on loopback: a port for it, its first answer, its end."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

__all__ = ["end", "free_port", "is_answering"]

POLL_SECONDS = 0.2
ANSWER_SECONDS = 2


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


def end(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask the child to stop, and make it after so many seconds; it is gone when this returns."""
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    child.kill()
    child.wait()
