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
    """Only one process at a time starts or stops this in the home; the lock ends with its holder, even by SIGKILL.

    Raises Transient when the others take too long.
    """
    with (settings.home / f"{name}.lock").open("wb") as file:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _locked(file.fileno()):
            if time.monotonic() > deadline:
                raise Transient(
                    f"The {name} of this home must have been started or stopped by another command within "
                    f"{PATIENCE_SECONDS:.0f} s, found it still busy in {settings.home}: end that command, then try "
                    f"again."
                )
            time.sleep(POLL_SECONDS)
        yield


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
