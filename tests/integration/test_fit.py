"""`pqr fit`: its figures are those of the marts, its page is that of docs/, and in the inbox effects follow causes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

from pqr_common import parquet_table, query
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_pipeline.command.main import main
from pqr_pipeline.fit.counts import counted, sql
from pqr_pipeline.fit.figures import figures, statistics
from pqr_pipeline.fit.page import write
from pqrs.parameters import Parameters
from pqrs.peaks import Peak
from pqrs.scenario import load_scenario

pytestmark = pytest.mark.integration

DOCS = Path(__file__).parents[2] / "docs"
RAIN = Peak("lluvias", date(2026, 2, 10), date(2026, 2, 12), 180, topic="MALLA_VIAL")
ROADS = "103"  # the desk of that topic
RAINY = Parameters.create(
    seed=1, opens_on=date(2025, 9, 1), window_to=date(2026, 4, 30), tickets_per_business_day=150,
    scenario=replace(load_scenario("sin_picos"), peaks=(RAIN,)),
)  # fmt: skip
CRITICAL_OF_NINE = 27.877  # χ² of nine degrees of freedom exceeds it by chance once in a thousand times
BANDS = {each.name: (each.low, each.high) for each in statistics()}


def made(home: Path, parameters: Parameters, *, continues: bool = False) -> FolderLake:
    """A lake with the run, all but Postgres."""
    lake, settings = FolderLake(home / "lake"), Settings(lake_url=(home / "lake").as_uri(), home=home)
    declare(lake, parameters.run_id, parameters)
    assert bool(RunRecords(lake, parameters.run_id).continues()) == continues
    for name in installed_graph().stages[:4]:
        run_stage(stage_named(name), parameters.run_id, lake=lake, settings=settings, executor=Inline())
    return lake


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    made(folder, RAINY)
    return folder


@pytest.fixture(scope="module")
def found(home):
    return figures(counted(FolderLake(home / "lake"), RAINY.run_id), RAINY.window)


def within(name: str, value: float) -> bool:
    low, high = BANDS[name]
    return low <= value <= high


def test_loaded_desks_are_late(found):
    """By desk and week; the same weeks in another order, where the load says nothing of them, lie outside the band."""
    assert within("load_lateness", found.values["load_lateness"])
    weeks = found.series["weeks"]
    shuffled = np.random.default_rng(0).permutation(weeks.num_rows)
    mixed = weeks.set_column(weeks.column_names.index("load"), "load", weeks["load"].take(pa.array(shuffled)))
    answers = {"pqrs_type": ["PET_PAR"] * 2, "is_urgent": [True, False], "business_days": [5, 12], "n_tickets": [1, 9]}
    others = {"desks": found.series["desks"], "answers": pa.table(answers)}
    causes = query(sql("statistics/causes"), weeks=mixed, **others).to_pylist()
    assert not within("load_lateness", {row["name"]: row["value"] for row in causes}["load_lateness"])


def test_rain_makes_its_desk_late_in_the_weeks_after(found):
    """And that desk more than the others, which it did not rain on."""
    assert within("surge_lateness", found.values["surge_lateness"])
    rise = {}
    for is_roads in (True, False):
        rows = [row for row in found.series["weeks"].to_pylist() if (row["desk"] == ROADS) == is_roads]
        before, after = (
            [row for row in rows if first < row["week"] <= first + timedelta(weeks=6)]
            for first in (RAIN.last - timedelta(weeks=7), RAIN.last)
        )
        rate = [sum(row["breached"] for row in side) / sum(row["due"] for row in side) for side in (before, after)]
        rise[is_roads] = rate[1] - rate[0]
    assert rise[True] > 0.2 > 4 * rise[False]


def test_urgent_requests_are_answered_sooner(found):
    assert within("priority", found.values["priority"])


def test_desks_differ_beyond_chance(found):
    """The figure is χ² over the value that chance exceeds once in a thousand, which is taken from tables here."""
    assert within("desks_differ", found.values["desks_differ"])
    desks = found.series["desks"].to_pylist()
    due, breached = (np.array([float(row[name]) for row in desks]) for name in ("due", "breached"))
    expected = due * breached.sum() / due.sum()
    chi2 = ((breached - expected) ** 2 / expected / (1 - breached.sum() / due.sum())).sum()
    assert len(desks) == 10
    assert found.values["desks_differ"] == pytest.approx(chi2 / CRITICAL_OF_NINE, rel=0.01)


def test_its_figures_are_those_of_the_marts(home, found):
    lake = FolderLake(home / "lake")
    (part,) = RunRecords(lake, RAINY.run_id).upstream("gold").dataset("kpi_executive").partitions
    (executive,) = parquet_table(lake.read(part)).to_pylist()
    assert found.values["breach_rate"] == pytest.approx(float(executive["breach_rate"]), abs=0.0001)
    assert sum(found.series["daily"]["received"].to_pylist()) == executive["received"]


def test_every_statistic_is_said_to_be_published_or_assumed(found):
    """None is counted that the page does not tell, and none told that is not counted."""
    assert {each.name for each in statistics()} == set(found.values)
    assert all(each.source or not each.published for each in statistics())


def test_a_run_that_grew_has_the_counts_of_one_made_at_once(tmp_path):
    """Of rows that were taken back as days came nothing is left in the sums."""
    first = Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 2, 5), tickets_per_business_day=20)
    grown = replace(first, window_to=date(2026, 2, 12))
    made(tmp_path / "grown", first)
    lakes = made(tmp_path / "grown", grown, continues=True), made(tmp_path / "once", grown)
    signs = {part.sign for part in RunRecords(lakes[0], grown.run_id).upstream("silver").dataset("tickets").partitions}
    assert signs == {1, -1}
    found = [figures(counted(lake, grown.run_id), grown.window) for lake in lakes]
    assert found[0].values == pytest.approx(found[1].values, nan_ok=True)


def test_a_run_without_mail_has_a_page(tmp_path):
    """On a holiday of its first day nobody writes: nothing is known, and that is said."""
    silent = Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 1, 1), tickets_per_business_day=1)
    found = figures(counted(made(tmp_path, silent), silent.run_id), silent.window)
    assert {value for name, value in found.values.items() if name != "per_month"} == {None}
    page = write(tmp_path, silent, found).read_text(encoding="utf-8")
    assert page.count("| no data |") == len(statistics()) - 1


def test_the_page_in_docs_is_what_the_command_writes(home, monkeypatch, capsys):
    """Its sections, statistics, sources and pictures; the figures are those of another run."""
    monkeypatch.setenv("PQR_HOME", str(home))
    monkeypatch.setattr("sys.argv", ["pqr", "fit", RAINY.run_id, "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    page = Path(told["page"])
    assert page == home / "fit" / RAINY.run_id / "fit.md"
    assert told["statistics"]["breach_rate"] > 0
    assert structure(page) == structure(DOCS / "fit.md")
    pictures = sorted(path.name for path in (page.parent / "fit").iterdir())
    assert pictures == sorted(path.name for path in (DOCS / "fit").iterdir())
    for name in pictures:
        text = page.read_text(encoding="utf-8")
        assert f"(fit/{name})" in text
        assert len(ElementTree.fromstring((page.parent / "fit" / name).read_text(encoding="utf-8"))) > 10


def structure(page: Path) -> list[str]:
    """Its lines without the run's figures."""
    lines = page.read_text(encoding="utf-8").splitlines()
    cells = [line.split(" | ") for line in lines if not line.startswith("Scenario ")]
    return [" | ".join([row[0], *row[2:]]) for row in cells]
