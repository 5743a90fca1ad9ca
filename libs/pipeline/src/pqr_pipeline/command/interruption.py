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
AGAIN_SECONDS = 0.1
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
    stopped: Interrupted | None = None
    is_left = threading.Event()
    heard, told = os.pipe()
    os.set_blocking(told, False)
    told_before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_watching, args=(heard, is_left), daemon=True).start()

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped is None:
            stopped = Interrupted(number)
            if number == signal.SIGHUP:
                _say_nothing()
        if not is_left.is_set() and not _is_under_way(stopped):  # a second one would cut the ending short
            raise stopped

    def forgotten(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, Interrupted):  # which comes again, and is not to be shown
            sys.__unraisablehook__(lost)

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    hook, sys.unraisablehook = sys.unraisablehook, forgotten
    try:
        yield
    except (Interrupted, Exception, SystemExit) as error:
        if stopped is None or (isinstance(error, SystemExit) and error.code == stopped.exit_code):
            raise
    finally:
        is_left.set()
        signal.set_wakeup_fd(told_before)
        os.close(told)
        sys.unraisablehook = hook
        if stopped is None:
            for number, handler in before.items():
                signal.signal(number, handler)
    if stopped is not None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            sys.stderr.write(f"{stopped}\n")
        raise SystemExit(stopped.exit_code)


@contextlib.contextmanager
def continued_by(command: str) -> Iterator[None]:
    """What a person types after `pqr` to go on from wherever this is interrupted."""
    _onward.append(f"`{called()} {command}` continues it")
    try:
        yield
    finally:
        _onward.pop()


def _is_under_way(stopped: Interrupted) -> bool:
    """Whether the main thread is on its way out: it handles this exception, or one that came of it."""
    handled = sys.exc_info()[1]
    while handled is not None and handled is not stopped:
        handled = handled.__context__
    return handled is not None


def _say_nothing() -> None:
    """To a terminal that is closed: every word to it would be an error of its own."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode):
            os.dup2(nothing, stream)


def _watching(heard: int, is_left: threading.Event) -> None:
    """Wait for the first signal that Python's own handler writes of, or for the end of what is within.

    A signal that comes just before the main thread begins to wait does not end the waiting: only another thread knows.
    """
    with open(heard, "rb", buffering=0) as signals:  # open to the end, since what is written must find a reader
        for (number,) in iter(lambda: signals.read(1), b""):
            if number in SIGNALS:
                _hurried(Interrupted(number), is_left)


def _hurried(stopped: Interrupted, is_left: threading.Event) -> None:
    """Remind the main thread; then kill what it waits for; then, if it has not ended yet, the command.

    Where an exception cannot be raised, as in a callback of the collector, Python forgets it, DuckDB makes another of
    it, and Prefect passes over one that comes when its flow is done: so the signal is sent until it is heard.
    """
    import psutil

    came, main = time.monotonic(), threading.main_thread().ident
    while main and not is_left.wait(AGAIN_SECONDS) and time.monotonic() < came + CHILDREN_SECONDS:
        signal.pthread_kill(main, stopped.exit_code - 128)
    time.sleep(max(0, came + CHILDREN_SECONDS - time.monotonic()))
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
