"""`pqr benchmark classify` on a small run: types can be learned from the text, and not to the last one."""

from __future__ import annotations

import json
import sys
from datetime import date

import pytest
from click.testing import CliRunner

from pqr_common.errors import InvalidSettings
from pqr_common.lake.folder import FolderLake
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_pipeline.command.cli import app
from pqrs.parameters import Parameters

pytestmark = pytest.mark.integration

BAND = (0.82, 0.97)  # a wider one than the 0.90 to 0.94 of runs of 2,000 and 20,000 requests


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run up to bronze, which holds the texts."""
    home = tmp_path_factory.mktemp("benchmark")
    lake, settings = FolderLake(home / "lake"), Settings(lake_url=(home / "lake").as_uri(), home=home)
    parameters = Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 2, 28), tickets_per_business_day=50)
    declare(lake, "small", parameters)
    for name in ("generator", "bronze"):
        run_stage(stage_named(name), "small", lake=lake, settings=settings, executor=Inline())
    return home


@pytest.fixture
def pqr(home, monkeypatch):
    monkeypatch.setenv("PQR_HOME", str(home))
    monkeypatch.setenv("PQR_LAKE_URL", (home / "lake").as_uri())
    return lambda *arguments: CliRunner().invoke(app, ["benchmark", "classify", "small", *arguments])


def test_types_are_learned_from_the_text_but_not_all(pqr):
    """Far better than the commonest type, and never perfect; the matrix holds each tested request once."""
    ended = pqr("--json")
    assert ended.exception is None, ended.exception
    score = json.loads(ended.stdout)
    assert BAND[0] < score["accuracy"] < BAND[1]
    assert score["accuracy"] > score["majority"] + 0.3
    assert 0.5 < score["macro_f1"] < 1
    assert sum(map(sum, score["confusion"])) == score["tested"] > 300
    assert sum(score["confusion"][n][n] for n in range(len(score["types"]))) < score["tested"]


def test_a_person_sees_a_plain_table(pqr):
    """Accuracy, macro-F1, and a row for each true type."""
    shown = pqr().stdout
    assert "accuracy 0." in shown
    assert "macro-F1 0." in shown
    assert "PET_PAR" in shown


def test_without_scikit_learn_the_extra_is_named(pqr, monkeypatch):
    """In one sentence."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    ended = pqr()
    assert isinstance(ended.exception, InvalidSettings)
    assert "install the extra `benchmark` of pqr-pipeline" in str(ended.exception)
