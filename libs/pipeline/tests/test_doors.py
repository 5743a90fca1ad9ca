"""A run's name is held to its letters at every door: the command's, the flows' and a stage's own program's."""

from __future__ import annotations

import warnings

import pytest
from click.testing import CliRunner

from pqr_common.errors import InvalidSettings
from pqr_common.stage import service
from pqr_common.stage.discovery import stage_named
from pqr_pipeline.command.cli import app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pqr_pipeline.containers import flows

UNSAFE = ["a/b", "../up", ".hidden", "a b"]


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("PQR_HOME", str(tmp_path))
    monkeypatch.setenv("PQR_SCHEDULER", "tcp://127.0.0.1:9")  # whoever asks for a cluster ends with another error


@pytest.mark.parametrize("run_id", UNSAFE)
@pytest.mark.parametrize("name", ["stage", "record", "pqr"])
def test_defect_8_a_flow_refuses_what_is_no_run_id(name, run_id, tmp_path):
    """The state it ends in names the error; no cluster was asked for, and nothing is written."""
    given = {"run_id": run_id} | ({"stage": "bronze"} if name == "stage" else {})
    state = getattr(flows, name).fn(**given)
    assert (state.is_failed(), state.name) == (True, "InvalidSettings")
    assert "A run id must hold" in state.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("run_id", UNSAFE)
@pytest.mark.parametrize(
    "arguments",
    [
        ["show"],
        ["retry"],
        ["verify"],
        ["publish"],
        ["remove"],
        ["diff", "a"],
        ["stage", "bronze"],
        ["lineage", "kpi_sla"],
        ["run", "--run-id"],
    ],
    ids=" ".join,
)
def test_defect_8_a_command_refuses_what_is_no_run_id(arguments, run_id, tmp_path):
    """Before anything is started."""
    ended = CliRunner().invoke(app, [*arguments, run_id])
    assert isinstance(ended.exception, InvalidSettings)
    assert "A run id must hold" in str(ended.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("run_id", "said"), [("a/b", "A run id must hold"), ("nope", "see `pqr runs`")])
def test_defect_8_a_stage_program_refuses_a_run_that_is_none(run_id, said, capsys):
    """Before it asks for a cluster."""
    assert service.main(stage_named("bronze"), [run_id]) == 2
    assert said in capsys.readouterr().err
