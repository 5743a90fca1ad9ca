"""What commands say about runs: one line each, also about those that cannot be read."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqr_common.stage.discovery import declare
from pqr_common.testing import MemoryLake
from pqr_pipeline.command import summary
from pqr_pipeline.command.screen import Screen
from pqrs.parameters import Parameters

PARAMETERS = Parameters.create()
STARTED = "2026-01-05T08:00:00Z"


@pytest.fixture
def lake():
    found = MemoryLake()
    declare(found, "r1", PARAMETERS)
    return found


def _commit(lake, layer, dataset="emails", rows=7):
    part = Partition(dataset, "a", f"{layer}/{dataset}/run=r1/a.parquet", rows, 1, "", f"{rows}-0")
    RunRecords(lake, "r1").commit(Manifest("r1", layer, {}, (), (Dataset(dataset, "", (), (part,)),)))


def test_a_declared_run_waits(lake):
    """Nothing began yet."""
    assert summary.of_run(lake, "r1") == {
        "run_id": "r1", "state": "declared", "window": "2026-01-01 to 2026-03-31", "begun_at": None,
        "layers": [], "emails": None, "tickets": None, "bytes": 0,
    }  # fmt: skip


def test_a_run_is_where_its_first_unfinished_stage_is(lake):
    """Its e-mails are counted once raw stands, its tickets once silver does."""
    _commit(lake, "raw")
    records = RunRecords(lake, "r1")
    records.close(Attempt("r1", "generator", 1, "running", STARTED, "here"))
    found = summary.of_run(lake, "r1")
    assert (found["state"], found["emails"]) == ("waits for bronze", 7)
    records.close(Attempt("r1", "bronze", 1, "failed", STARTED, "here", error="It must work."))
    assert summary.of_run(lake, "r1")["state"] == "failed at bronze"


def test_defect_4_a_truncated_attempt_is_listed_beside_the_others(lake):
    """`pqr runs` tells of it, and of every other run."""
    declare(lake, "r2", PARAMETERS)
    lake.put("manifests/r1/attempts/generator/1.json", b'{"run_id": "r1"')
    states = {run_id: summary.of_run(lake, run_id)["state"] for run_id in run_ids(lake)}
    assert states == {"r1": "failed at generator", "r2": "declared"}
    (attempt,) = summary.of_run_in_full(lake, "r1")["attempts"]
    assert "attempts/generator/1.json" in attempt["error"]


def test_a_run_that_cannot_be_read_says_so(lake):
    """With the sentence of what is wrong."""
    lake.put("manifests/r1/run.json", b"{")
    found = summary.of_run(lake, "r1")
    assert found["state"].startswith("unreadable: The record of a run must be readable")
    assert found["layers"] == []


@pytest.mark.parametrize("name", ["nowhere.toml", "/"])
def test_a_scenario_that_cannot_be_read_is_a_setting_to_mend(name):
    """The sentence names the option."""
    with pytest.raises(InvalidSettings, match=r"--scenario|Scenario"):
        summary.scenario_of(name)


def test_a_machine_gets_one_value_and_a_person_none(capsys):
    """--json prints numbers of any kind as text that keeps their digits."""
    screen = Screen(is_json=True, is_quiet=False)
    screen.say("for people")
    screen.table("for people", ["a"], [(1,)])
    screen.value({"rate": Decimal("0.0950"), "day": PARAMETERS.window_from})
    assert json.loads(capsys.readouterr().out) == {"rate": "0.0950", "day": "2026-01-01"}


def test_a_person_gets_tables_and_shares_in_per_cent(capsys):
    """Numbers stand with their thousands, nothing is said where there is no figure."""
    screen = Screen(is_json=False, is_quiet=False)
    screen.headline("r1", {"received": 26546, "breach_rate": Decimal("0.0950"), "mean_business_days": None})
    said = capsys.readouterr().out
    assert all(text in said for text in ("26,546", "9.50 %", "no data"))


def test_the_headline_adds_up(capsys):
    """What waited and what came is, line by line, what became of it; the mean has the one decimal it has everywhere."""
    became = {"answered": 70, "archived": 4, "transferred": 3, "lapsed": 2, "no_term": 6, "open": 25}
    figures = {"open_before": 10, "received": 100, **became, "mean_business_days": Decimal("8.75")}
    Screen(is_json=False, is_quiet=False).headline("r1", figures)
    said = capsys.readouterr().out.splitlines()
    shown = [int(number) for line in said if (number := line.strip(" │").split("│")[-1].strip()).isdigit()]
    assert shown == [10, 100, *became.values()]
    assert any(line.strip(" │").endswith(" 8.8") for line in said)


def test_a_finished_phase_is_a_line_on_a_pipe(capsys):
    """No bar where nobody watches, and nothing before the phase is over."""
    with Screen(is_json=False, is_quiet=False).progress() as progress:
        progress("bronze", "parse", done=1, total=2)
        progress("bronze", "parse", done=2, total=2)
    assert capsys.readouterr().err.split() == ["bronze", "parse", "2", "of", "2"]
