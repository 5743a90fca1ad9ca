"""The tour: its transcript says what happened, it names files that exist, and it waits for whoever follows it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pqr_pipeline.tour.stops import STOPS

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
MINUTES = 5
PATIENCE_SECONDS = 180


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("tour")


@pytest.fixture(scope="module")
def transcript(home):
    """What a person reads who lets it run."""
    started = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-m", "pqr_pipeline", "tour", "--yes"],
        env=os.environ | {"PQR_HOME": str(home), "COLUMNS": "110"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stderr == ""
    assert time.monotonic() - started < 60 * MINUTES
    return told.stdout


def stop(transcript, number):
    """The text of a stop."""
    return transcript.split(f"\n{number} of {len(STOPS)}: ")[1].split(f"\n{number + 1} of {len(STOPS)}: ")[0]


def test_there_are_ten_stops_and_each_names_a_file(transcript):
    assert len(STOPS) == 10
    for number, each in enumerate(STOPS, 1):
        text = stop(transcript, number)
        assert text.startswith(each.title)
        assert f"See {each.where}" in text
        assert (ROOT / each.where).is_file(), each.where


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (1, r"raw +[0-9a-f]{12}  emails [\d,]+, answers [\d,]+"),
        (2, r'"direction": "inbound"'),
        (3, r"not_json: the line is not one JSON value"),
        (4, r"inbound  request +by root\n.*outbound acknowledgement +by references"),
        (5, r"holiday, Día de los Reyes Magos"),
        (6, r"the mart says (\d+)\n +counted again from \1 tickets alone: \1, equal"),
        (7, r"The object silver/tickets/\S+\.parquet must be what its manifest"),
        (8, r"gold +the same rows in \d+ datasets"),
        (9, r"● │ tour   │ completed"),
        (10, r"docs/faults\.md"),
    ],
)
def test_each_stop_shows_what_it_promises(transcript, number, says):
    assert re.search(says, stop(transcript, number)), stop(transcript, number)


@pytest.mark.parametrize("page", ["index", "es"])
def test_the_tutorial_shows_what_the_tour_says(transcript, page):
    """Line by line, stop by stop, digests aside: these change with any column that is added."""
    text = (ROOT / f"docs/tutorial/{page}.md").read_text(encoding="utf-8")
    told = re.split(r"^## \d+\. ", text, flags=re.MULTILINE)[1:]
    assert len(told) == len(STOPS)
    for number, prose in enumerate(told, 1):
        said = undigested(stop(transcript, number))
        shown = re.findall(r"^```text\n(.*?)^```", prose, re.MULTILINE | re.DOTALL)
        assert [block for block in map(undigested, shown) if block.rstrip("\n") not in said] == [], said
        assert shown or number == len(STOPS)


def undigested(text):
    return re.sub(r"\b[0-9a-f]{8,}\b", "#", text)


def test_the_lake_of_the_tour_is_whole_afterwards(transcript, home):
    """What was flipped was a copy, which is gone."""
    assert not (home / "tour" / "copy").exists()
    told = subprocess.run(
        [sys.executable, "-m", "pqr_pipeline", "verify", "tour"],
        env=os.environ | {"PQR_HOME": str(home / "tour")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def test_it_waits_for_enter_and_ends_with_ctrl_c(tmp_path):
    """In a terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"PQR_HOME": str(tmp_path), "TERM": "xterm", "COLUMNS": "200"}
        os.execv(sys.executable, [sys.executable, "-m", "pqr_pipeline", "tour"])
    said = _until(terminal, "Enter goes on.")
    assert "2 of 10" not in said
    os.write(terminal, b"\n")
    assert "3 of 10" not in _until(terminal, "Enter goes on.")
    os.write(terminal, b"\x03")
    _until(terminal, None)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130


def _until(terminal, text):
    """What is shown up to this text, or to the end."""
    shown, deadline = b"", time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and (text is None or text.encode() not in shown):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65_536)
            except OSError:
                break
    said = shown.decode(errors="replace")
    assert text is None or text in said, said[-2000:]
    return said
