"""The folder that an embedded stack lives in, and who may start something in it now."""

from __future__ import annotations

import contextlib
import fcntl
import tempfile
import time
from collections.abc import Iterator

from pqr_common.errors import InvalidSettings, Transient
from pqr_common.process.settings import Settings

__all__ = ["alone", "prepare_home"]

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.1


def prepare_home(settings: Settings) -> None:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):  # parts start side by side, so each asks with its own file
            pass
    except OSError as error:
        raise InvalidSettings(
            f"PQR_HOME must be a folder this user may write, found {error.strerror!r} at {settings.home}: "
            f"set PQR_HOME to another one."
        ) from error


@contextlib.contextmanager
def alone(settings: Settings, name: str) -> Iterator[None]:
    """Nobody else does this in the home for the while; a lock that dies with its holder, however that dies."""
    with (settings.home / f"{name}.lock").open("wb") as file:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _locked(file.fileno()):
            if time.monotonic() > deadline:
                raise Transient(
                    f"Another command must have started {name} within {PATIENCE_SECONDS:.0f} s, found it still at "
                    f"it in {settings.home}: end it, then try again."
                )
            time.sleep(POLL_SECONDS)
        yield


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
