"""Logs: JSON on stderr, one line an event, and never a reason for a run to fail."""

from __future__ import annotations

import io
import json

import pytest
import structlog

from pqr_common.process import log
from pqr_common.process.settings import Settings


@pytest.fixture(autouse=True)
def _configured():
    log.configure(Settings(log_level="info", log_format="json"))
    yield
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json_on_stderr(capsys):
    """Event, level, time and fields; nothing on stdout."""
    log.logger().info("task done", stage="bronze", rows=3)
    out, err = capsys.readouterr()
    assert out == ""
    said = json.loads(err)
    assert {"event": "task done", "stage": "bronze", "rows": 3, "level": "info"}.items() <= said.items()


def test_what_lies_below_the_level_is_not_said(capsys):
    """The level of the settings holds."""
    log.logger().debug("detail")
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_written_fails_nothing(monkeypatch):
    """A closed stderr loses the line and nothing else."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    log.logger().error("lost")
