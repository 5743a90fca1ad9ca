"""Who may start something in a home: one command at a time, the others wait, and nobody for ever."""

from __future__ import annotations

import subprocess
import sys
import threading

import psycopg
import pytest

from pqr_common.errors import InvalidSettings, Transient, WarehouseUnavailable
from pqr_common.process.settings import Settings
from pqr_pipeline.embedded import home
from pqr_pipeline.embedded.home import alone, prepare_home
from pqr_pipeline.embedded.postgres import MAKING, postgres
from pqr_pipeline.embedded.prefect import prefect_server

HOLDS = """
import sys, time
from pathlib import Path
from pqr_common.process.settings import Settings
from pqr_pipeline.embedded.home import alone
with alone(Settings(home=Path(sys.argv[1])), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path):
    found = Settings(home=tmp_path / "home")
    prepare_home(found)
    return found


@pytest.fixture
def held(settings):
    """Another process that starts something in this home; gives it once it holds the lock."""
    started = []

    def hold(name):
        command = [sys.executable, "-c", HOLDS, str(settings.home), name]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(child)
        assert child.stdout.readline() == "held\n"
        return child

    yield hold
    for child in started:
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.mark.parametrize(("name", "server"), [("postgres", postgres), ("prefect", prefect_server)])
def test_defect_11_a_server_is_not_started_while_another_command_starts_it(settings, held, monkeypatch, name, server):
    """Nothing is started beside it; after a while one sentence says what is in the way and what to do."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(home, "PATIENCE_SECONDS", 0.3)
    held(name)
    with pytest.raises(Transient, match=f"{name}.*must .*{settings.home}"), server(settings):
        pytest.fail("started beside the other one")


def test_who_waits_goes_on_when_the_other_is_done(settings):
    """In the order in which they are let in, one after the other."""
    seen = []
    entered, leave = threading.Event(), threading.Event()

    def first():
        with alone(settings, "postgres"):
            entered.set()
            leave.wait(10)
            seen.append("first")

    def second():
        with alone(settings, "postgres"):
            seen.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert entered.wait(10)
    threads[1].start()
    leave.set()
    for thread in threads:
        thread.join()
    assert seen == ["first", "second"]


def test_a_killed_holder_holds_nothing(settings, held):
    """SIGKILL, which no handler sees, leaves no lock behind; other names were never in the way."""
    child = held("postgres")
    with alone(settings, "prefect"):
        pass
    child.kill()
    child.wait()
    with alone(settings, "postgres"):
        pass


@pytest.mark.integration
def test_a_postgres_that_was_half_made_is_made_again(settings):
    """Killed while it made its folder, a command must not be in the way of the next."""
    folder = settings.home / "postgres"
    folder.mkdir(parents=True)
    (settings.home / MAKING).touch()
    (folder / "PG_VERSION").write_text("18")
    (folder / "postmaster.pid").write_text("-30422\n")
    with postgres(settings) as dsn, psycopg.connect(dsn) as opened:
        assert opened.execute("select 1").fetchone() == (1,)


@pytest.mark.integration
def test_a_postgres_that_cannot_start_is_kept(settings):
    """Whatever lies there may be the only copy of someone's data: a backup that was put back, a newer version."""
    folder = settings.home / "postgres"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18")
    (folder / "base").write_text("rows")
    with pytest.raises(WarehouseUnavailable), postgres(settings):
        pass
    assert (folder / "base").read_text() == "rows"


def test_a_home_that_is_a_file_is_a_setting_to_mend(tmp_path):
    """The sentence names the setting and the place."""
    (tmp_path / "file").touch()
    with pytest.raises(InvalidSettings, match=r"PQR_HOME must be a folder.*file"):
        prepare_home(Settings(home=tmp_path / "file"))
