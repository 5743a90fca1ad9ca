"""How a command ends before its time: in order, with all that it started, within five seconds.

Ctrl-C, SIGTERM and a closed terminal raise in the main thread, so that all that is open is closed on the way out.
What is slow to close is helped along: first the children are killed, so that nothing waits for them, at last Postgres,
which is no child since other commands may use it too, and the command.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

from pqr_common.process.settings import Settings
from pqr_pipeline.command.called import called

__all__ = ["Interrupted", "continued_by", "ending_by_signals"]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN_SECONDS = 0.01
CHILDREN_SECONDS, LAST_SECONDS = 2.0, 4.5  # after the signal
TRACKER = "multiprocessing.resource_tracker"  # ends by itself, and a new one would complain of what it does not know

_onward = ["run it again"]  # what the command says last of how to go on


class Interrupted(KeyboardInterrupt):
    """A signal came; the text says what continues the command."""

    def __init__(self, number: int) -> None:
        super().__init__(f"The command was stopped by {signal.Signals(number).name}: {_onward[-1]}.")
        self.exit_code = 128 + number  # as shells have it


@contextlib.contextmanager
def ending_by_signals() -> Iterator[None]:
    """The first of these signals ends what is within, also where whoever started it has Ctrl-C ignored."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, _ignored)  # a second one would cut the ending short
        if number == signal.SIGHUP:
            _say_nothing()
        stopped = Interrupted(number)
        threading.Thread(target=_hurried, args=(stopped,), daemon=True).start()
        raise stopped

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    hook, sys.unraisablehook = sys.unraisablehook, _raised_again
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def continued_by(command: str) -> Iterator[None]:
    """What a person types after `pqr` to go on from wherever this is interrupted."""
    _onward.append(f"`{called()} {command}` continues it")
    try:
        yield
    finally:
        _onward.pop()


def _ignored(_number: int, _frame: FrameType | None) -> None:
    """Not SIG_IGN, which children would inherit."""


def _raised_again(lost: sys.UnraisableHookArgs) -> None:
    """Where Python cannot raise, as in a callback of its collector, the exception would be printed and forgotten."""
    if not isinstance(stopped := lost.exc_value, Interrupted):
        sys.__unraisablehook__(lost)
        return

    def again(_number: int, _frame: FrameType | None) -> None:
        raise stopped

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)


def _say_nothing() -> None:
    """To a terminal that is closed: every word to it would be an error of its own."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode):
            os.dup2(nothing, stream)


def _hurried(stopped: Interrupted) -> None:
    """Kill what the command waits for; then, if it has not ended yet, the command."""
    import psutil

    time.sleep(CHILDREN_SECONDS)
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if TRACKER not in " ".join(child.cmdline()):
                child.kill()
    time.sleep(LAST_SECONDS - CHILDREN_SECONDS)
    from pqr_pipeline.embedded.postgres import abandoned

    abandoned(Settings.read())
    with contextlib.suppress(OSError):  # the terminal may be gone
        os.write(2, f"{stopped}\n".encode())  # not by sys.stderr, which a progress bar may hold
    os._exit(stopped.exit_code)
