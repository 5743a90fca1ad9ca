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


# What would lose the exception that a signal raises; `ready` is said just before.
SWALLOWING = {
    "in a callback of the collector": """
import gc, time
def slow(phase, info):
    gc.callbacks.remove(slow)
    ready()
    time.sleep(60)
gc.callbacks.append(slow)
gc.collect()
""",
    "by whoever catches all": """
import time
try:
    ready()
    time.sleep(60)
except BaseException:
    pass
time.sleep(60)
""",
    "by a query that makes another error of it": """
import duckdb
ready()
duckdb.sql("select count(*) from range(1000000000) t(a) where a % 7 = 3").fetchall()
""",
}
STOPPED = """
from pqr_pipeline.command.interruption import ending_by_signals
def ready():
    print("ready", flush=True)
with ending_by_signals():
    exec({body!r})
"""


@pytest.mark.parametrize("body", SWALLOWING.values(), ids=SWALLOWING)
def test_a_signal_is_not_lost(body):
    """Each of these once met the signal of a run."""
    command = [sys.executable, "-c", STOPPED.format(body=body)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said.splitlines()[0]) == (143, b"The command was stopped by SIGTERM: run it again.")
    assert time.monotonic() - sent < WITHIN_SECONDS


UNHEARD = """
import os, signal, threading, time
from pqr_pipeline.command.interruption import ending_by_signals
def elsewhere():
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
with ending_by_signals():
    threading.Thread(target=elsewhere).start()
    os.read(os.pipe()[0], 1)
"""


def test_a_signal_ends_a_waiting_that_it_did_not_interrupt():
    """As one that comes just before it begins: Python has taken note of it, and the system call knows nothing."""
    ended = subprocess.run([sys.executable, "-c", UNHEARD], check=False, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (143, b"The command was stopped by SIGTERM: run it again.\n")


ENDING = """
import time
from pqr_pipeline.command.interruption import ending_by_signals
with ending_by_signals():
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        time.sleep(1)
        print("closed", flush=True)
"""


def test_a_second_signal_does_not_cut_the_ending_short():
    """A person who presses Ctrl-C twice."""
    process = subprocess.Popen([sys.executable, "-c", ENDING], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
        time.sleep(0.2)
    assert process.communicate(timeout=PATIENCE)[0] == b"closed\n"
    assert process.returncode == 130
