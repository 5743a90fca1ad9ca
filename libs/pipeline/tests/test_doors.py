"""A run's name is held to its letters at every door: the command's and the flows'."""

from __future__ import annotations

import warnings

import pytest
from click.testing import CliRunner

from pqr_common.errors import InvalidSettings
from pqr_pipeline.command.cli import app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pqr_pipeline.containers import flows

UNSAFE = ["a/b", "../up", ".hidden", "a b"]


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("PQR_HOME", str(tmp_path))


@pytest.mark.parametrize("run_id", UNSAFE)
@pytest.mark.parametrize("name", ["stage", "record", "pqr"])
def test_defect_8_a_flow_refuses_what_is_no_run_id(name, run_id):
    """The state it ends in names the error, and nothing is written."""
    given = {"run_id": run_id} | ({"stage": "bronze"} if name == "stage" else {})
    state = getattr(flows, name).fn(**given)
    assert (state.is_failed(), state.name) == (True, "InvalidSettings")
    assert "A run id must hold" in state.message


@pytest.mark.parametrize("run_id", UNSAFE)
@pytest.mark.parametrize("arguments", [["show"], ["retry"], ["verify"], ["lineage", "kpi_sla"], ["run", "--run-id"]])
def test_defect_8_a_command_refuses_what_is_no_run_id(arguments, run_id):
    """Before anything is started."""
    ended = CliRunner().invoke(app, [*arguments, run_id])
    assert isinstance(ended.exception, InvalidSettings)
    assert "A run id must hold" in str(ended.exception)
