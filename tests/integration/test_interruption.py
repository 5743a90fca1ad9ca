"""Ctrl-C, SIGTERM or a closed terminal at any moment of a run: all ends in order, and one line says how to go on."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil
import pytest

from pqr_pipeline.command.called import called

pytestmark = pytest.mark.integration

ASKED = ("run", "--to", "2026-01-15", "--volume", "20", "--opens-on", "2026-01-01", "--run-id", "stopped")
WITHIN_SECONDS = 5
PATIENCE = 120


@dataclass(frozen=True)
class Ended:
    """How a command ended in a terminal: its code, seconds after the signal, and what it said after it."""

    code: int
    seconds: float
    said: str


def _started(home):
    """The command in a terminal of its own: its process and our end of the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"PQR_HOME": str(home), "TERM": "xterm", "COLUMNS": "200"}
        os.execv(sys.executable, [sys.executable, "-m", "pqr_pipeline", *ASKED])
    return child, terminal


def _stopped_when(shown, number, home):
    """Run the command until it shows a text, then send the signal as a terminal would."""
    child, terminal = _started(home)
    said = _read_until(terminal, shown)
    assert shown in said, said[-2000:]
    sent = time.monotonic()
    if number == signal.SIGINT:
        os.write(terminal, b"\x03")
    elif number == signal.SIGHUP:
        os.close(terminal)
    else:
        os.kill(child, number)
    said = "" if number == signal.SIGHUP else _read_until(terminal, None)
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), time.monotonic() - sent, said)


def _read_until(terminal, text):
    """What is shown up to this text, or to the end."""
    shown, deadline = b"", time.monotonic() + PATIENCE
    while time.monotonic() < deadline and (text is None or text.encode() not in shown):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65_536)  # may end within a character
            except OSError:  # the other end is closed
                break
    return shown.decode(errors="replace")


def _left(home):
    """Processes that live and name this home."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        if str(home) in line and process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            found.append(line)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """All of them interrupt one run, which gets on from stage to stage."""
    return tmp_path_factory.mktemp("interrupted")


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        ("Starting", signal.SIGINT),
        ("Starting", signal.SIGTERM),
        ("generator", signal.SIGINT),
        ("bronze", signal.SIGHUP),
        ("silver", signal.SIGINT),
        ("gold", signal.SIGTERM),
        ("loader", signal.SIGINT),
    ],
)
def test_an_interrupted_run_leaves_nothing_and_says_how_to_go_on(shown, number, home):
    """Whatever it was doing."""
    ended = _stopped_when(shown, number, home)
    assert ended.code == 128 + number
    assert ended.seconds < WITHIN_SECONDS + 1, ended.said  # to be scheduled on a busy machine takes some of it
    assert _left(home) == []
    if number != signal.SIGHUP:
        assert "Traceback" not in ended.said
        last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ended.said).strip().splitlines()[-1]
        assert last.endswith(f"The command was stopped by {number.name}: `{called()} retry stopped` continues it.")


def test_what_was_interrupted_ends_well(home):
    """The same command, left alone."""
    child, terminal = _started(home)
    said = _read_until(terminal, None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said[-2000:]


# A collector of garbage that takes long: what is raised while it calls back, Python prints and forgets.
COLLECTING = """
import gc, time
from pqr_pipeline.command.interruption import Interrupted, ending_by_signals
def slow(phase, info):
    gc.callbacks.remove(slow)
    print("ready", flush=True)
    time.sleep(60)
gc.callbacks.append(slow)
try:
    with ending_by_signals():
        gc.collect()
except Interrupted as stopped:
    raise SystemExit(stopped.exit_code)
"""


def test_a_signal_within_the_collector_is_not_forgotten():
    """As Dask has a callback of it, in which the signal of a run once came."""
    process = subprocess.Popen([sys.executable, "-c", COLLECTING], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (130, b"")
    assert time.monotonic() - sent < 1.5
