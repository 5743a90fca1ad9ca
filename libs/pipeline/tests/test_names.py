"""Which run is meant: by its name, a beginning of it, or the latest; and what a shell offers."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from pqr_common.errors import InvalidSettings, UnknownRun
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.attempts import AttemptRecords
from pqr_common.stage.discovery import declare
from pqr_pipeline.command.names import begun_at, named
from pqr_pipeline.command.summary import of_run, run_row
from pqr_pipeline.flow.live import last_loaded
from pqrs.parameters import Parameters

NAMES = ("enero", "enero-2", "febrero")


@pytest.fixture
def lake(tmp_path):
    """Three runs; the first was begun last."""
    made = FolderLake(tmp_path / "lake")
    for number, name in enumerate(NAMES):
        declare(made, name, Parameters.create(seed=number, window_to=date(2026, 1, 9), tickets_per_business_day=5))
    for name, hour in (("enero", 9), ("enero-2", 7), ("febrero", 8)):
        AttemptRecords(made, name).claim("generator", started_at=f"2026-02-01T0{hour}:00:00+00:00", host="here")
    return made


@pytest.mark.parametrize(
    ("given", "meant"),
    [("enero", "enero"), ("enero-", "enero-2"), ("f", "febrero"), ("latest", "enero"), ("marzo", "marzo"), ("", "")],
)
def test_a_run_is_meant_by_its_name_or_a_beginning_that_only_it_has(lake, given, meant):
    """A whole name comes first; what no run is called by stays what it is, for whoever refuses it."""
    assert named(lake, given) == meant


def test_a_beginning_of_several_runs_is_refused_with_their_names(lake):
    """One sentence, which lists them."""
    with pytest.raises(InvalidSettings, match=r"must name one run, found 2 that begin with 'en' \(enero, enero-2\)"):
        named(lake, "en")


def test_without_runs_there_is_no_latest(tmp_path):
    """And the sentence says which lake was looked at."""
    with pytest.raises(UnknownRun, match=r"found none in .*/nothing"):
        named(FolderLake(tmp_path / "nothing"), "latest")


def test_a_run_that_nobody_began_has_no_time(lake):
    """It is listed all the same."""
    declare(lake, "nunca", Parameters.create(seed=9, window_to=date(2026, 1, 9), tickets_per_business_day=5))
    assert begun_at(lake, "nunca") is None
    assert run_row(of_run(lake, "nunca") | {"is_shown": False}, datetime.now(UTC))[:2] == ("", "nunca")
    assert last_loaded(lake) is None


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pqr show en", ["enero", "enero-2"]),
        ("pqr show l", ["latest"]),
        ("pqr diff enero f", ["febrero"]),
        ("pqr stage gold enero-", ["enero-2"]),
        ("pqr rem", ["remove"]),
    ],
)
def test_a_shell_completes_runs_and_commands(lake, typed, offered):
    """By click's own protocol, as the docs say to switch it on."""
    environment = {
        "_PQR_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
        "PQR_LAKE_URL": lake.url,
    }
    call = "from pqr_pipeline.command.main import main; main()"
    said = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv = ['pqr']; {call}"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == [f"plain,{name}" for name in offered]
