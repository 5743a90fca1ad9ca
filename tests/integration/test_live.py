"""`pqr live`: days are added while somebody watches, and what is there afterwards is a run like any other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date

import pytest

from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.command.called import called
from pqrs.parameters import Parameters

pytestmark = pytest.mark.integration

VOLUME = 20
OPENS_ON = date(2026, 1, 1)


class Home:
    """A folder that commands run in."""

    def __init__(self, path):
        self.path = path
        self.lake = FolderLake(path / "lake")

    def start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "pqr_pipeline", *arguments],
            env=os.environ | {"PQR_HOME": str(self.path), "PQR_WORKERS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def pqr(self, *arguments):
        child = self.start(*arguments)
        out, err = child.communicate(timeout=300)
        assert child.returncode == 0, err
        return out

    def digests(self, day):
        parameters = Parameters.create(opens_on=OPENS_ON, window_to=day, tickets_per_business_day=VOLUME)
        return {layer: found.digest for layer, found in RunRecords(self.lake, parameters.run_id).manifests().items()}


def _run(home, day):
    home.pqr("run", "--opens-on", str(OPENS_ON), "--to", day, "--volume", str(VOLUME), "--quiet")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose run ends on a Monday."""
    made = Home(tmp_path_factory.mktemp("live"))
    _run(made, "2026-01-19")
    return made


def test_three_days_live_are_each_the_run_to_that_day(home, tmp_path):
    """One line a day; the last is what one big run makes, and Postgres shows it."""
    days = [json.loads(line) for line in home.pqr("live", "--days", "3", "--speed", "1", "--json").splitlines()]
    assert [each["day"] for each in days] == ["2026-01-20", "2026-01-21", "2026-01-22"]
    assert all(each["received"] > 0 and each["backlog"] > 0 for each in days)
    assert [RunRecords(home.lake, each["run_id"]).continues() for each in days[1:]] == [
        each["run_id"] for each in days[:-1]
    ]
    at_once = Home(tmp_path)
    _run(at_once, "2026-01-22")
    assert home.digests(date(2026, 1, 22)) == at_once.digests(date(2026, 1, 22))
    assert len(home.digests(date(2026, 1, 22))) == 5
    home.pqr("verify", days[-1]["run_id"])


def test_ctrl_c_ends_it_with_one_line_and_the_next_one_goes_on(home):
    """In the midst of a day or between two: no traceback, and no day is left out."""
    child = home.start("live", "--speed", "1")
    first = child.stdout.readline()
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=120)
    assert (child.returncode, err.strip()) == (
        130,
        f"The command was stopped by SIGINT: `{called()} live` continues it.",
    )
    assert first.startswith("Fri 2026-01-23 ")
    assert "Traceback" not in out
    (following,) = home.pqr("live", "--days", "1", "--json").splitlines()
    reached = date.fromisoformat(json.loads(following)["day"]).day
    assert reached >= 24
    for day in range(20, reached + 1):
        assert len(home.digests(date(2026, 1, day))) == 5


def test_without_a_run_there_is_nothing_to_watch(tmp_path):
    """One sentence that says how to begin, and code 2."""
    child = Home(tmp_path).start("live")
    _, err = child.communicate(timeout=120)
    assert child.returncode == 2
    assert "start with `pqr run`" in err
    assert len(err.splitlines()) == 1
