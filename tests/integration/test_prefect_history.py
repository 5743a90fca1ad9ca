"""What Prefect remembers of runs that ended: no more than the stack's setting says, or it fills the warehouse's disk."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.states import Completed, Running

from pqr_common.process.settings import Settings
from pqr_pipeline.embedded.prefect import prefect_server
from pqr_pipeline.flow.retries import prefect_session

pytestmark = [pytest.mark.integration, pytest.mark.services]

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "compose.yaml").read_text(encoding="utf-8"))
VACUUM = "PREFECT_SERVER_SERVICES_DB_VACUUM"
KEPT_DAYS = 30
PATIENCE_SECONDS = 60.0


@flow(name="stage")
def stage() -> None:
    pass


@task(name="gold")
def gold() -> None:
    stage()


@flow(name="pqr")
def pqr() -> None:
    gold()


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Of a server that forgets as the stack's does, only more often."""
    given = COMPOSE["services"]["prefect-server"]["environment"]
    for name, value in given.items():
        if name.startswith(VACUUM):
            monkeypatch.setenv(name, str(value).removeprefix("${PQR_HISTORY_SECONDS:-").removesuffix("}"))
    monkeypatch.setenv(f"{VACUUM}_LOOP_SECONDS", "1")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with (
        prefect_server(Settings.read(home=tmp_path)) as url,
        prefect_session(url, {}),
        get_client(sync_client=True) as opened,
    ):
        yield opened


def _made(client, database, name, ended_at) -> None:
    """A run that ended then; the server sets its own time, so it is set back."""
    run = client.create_flow_run(pqr, name=name)
    client.set_flow_run_state(run.id, Completed(), force=True)
    with contextlib.closing(sqlite3.connect(database)) as opened, opened:
        changed = opened.execute("update flow_run set end_time = ? where name = ?", [f"{ended_at:%F %T.%f}", name])
        assert changed.rowcount == 1


def test_runs_that_ended_long_ago_are_forgotten(client, tmp_path):
    """A day more than the setting, and a day less; what has not ended stays, however old."""
    pqr()  # with its stage, just now
    now, database = datetime.now(UTC), tmp_path / "prefect" / "prefect.db"
    _made(client, database, "older", now - timedelta(days=KEPT_DAYS + 1))
    _made(client, database, "younger", now - timedelta(days=KEPT_DAYS - 1))
    old = client.create_flow_run(pqr, name="unended")
    client.set_flow_run_state(old.id, Running(), force=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "older" in (names := {run.name for run in client.read_flow_runs()}):
        assert time.monotonic() < deadline, names
        time.sleep(0.5)
    assert {"younger", "unended"} <= names
    assert len(names) == 4
