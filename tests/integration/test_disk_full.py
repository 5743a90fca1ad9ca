"""A full disk under the lake, under Postgres, and one that a run would fill: said as such, and healed by room and a retry."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from datetime import date

import pytest
from pydantic import SecretStr

from pqr_common.errors import LakeUnavailable, VerificationFailed, WarehouseUnavailable
from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named, warehouse
from pqr_common.stage.driver import run_stage
from pqr_pipeline.command.main import main
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.embedded.room import must_fit, needed_bytes
from pqrs.parameters import Parameters

pytestmark = pytest.mark.integration

SMALL = Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 1, 16), tickets_per_business_day=40)
STAGES = list(installed_graph().stages)
PAGE = 4096


class Disk:
    """A file system in memory, of a size that may change."""

    def __init__(self, path, size):
        self.path = path
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)

    def leave(self, free):
        """So much room beside what is there."""
        size = shutil.disk_usage(self.path).used + free
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path):
    """Makes disks."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    with ExitStack() as mounted:

        def make(size):
            made = Disk(tmp_path / "disk", size)
            mounted.callback(subprocess.run, ["umount", "--lazy", str(made.path)], check=True)
            return made

        yield make


def test_a_full_lake_is_said_in_every_stage_and_healed_by_room(disk, platform, tmp_path):
    """Each stage meets it once, leaves nothing wrong behind, and ends like an undisturbed one."""
    full = disk(64 * 2**20)
    own = platform.in_lake((full.path / "lake").as_uri())
    declare(own.lake, "lleno", SMALL)
    for name in STAGES:
        full.leave(2 * PAGE)
        with pytest.raises(LakeUnavailable, match=r"must have room for [\d,]+ bytes more.*found it full at .*/disk/"):
            own.run("lleno", SMALL, name)
        full.leave(64 * 2**20)
        own.run("lleno", SMALL, name)
    calm = platform.in_lake((tmp_path / "calm").as_uri()).run("lleno", SMALL, *STAGES[:-1])
    for layer, manifest in calm.items():
        assert own.run("lleno", SMALL, manifest.stage)[layer].digest == manifest.digest
    assert warehouse().published(platform.dsn) == "lleno"


def test_a_full_disk_of_postgres_is_said_and_healed_by_room(disk, platform, tmp_path):
    """Room, and the load goes on: every row once."""
    full = disk(512 * 2**20)
    own = platform.in_lake((tmp_path / "lake").as_uri())
    own.run("lleno", SMALL, *STAGES[:-1])
    with postgres(Settings.read(home=full.path)) as dsn:
        settings = own.settings.with_(postgres_dsn=SecretStr(dsn))

        def load():
            run_stage(stage_named("loader"), "lleno", lake=own.lake, settings=settings, executor=own.executor)

        full.leave(64 * PAGE)
        with pytest.raises(WarehouseUnavailable, match=r"The disk of Postgres must have room.*found '.*No space left"):
            load()
        full.leave(512 * 2**20)
        load()
        assert warehouse().published(dsn) == "lleno"


def test_a_run_takes_no_more_than_is_asked_for_it(platform, tmp_path):
    """What is asked for is what it takes, and not several times as much."""
    home = tmp_path / "home"
    with postgres(Settings.read(home=home)) as dsn:
        own = platform.in_lake((tmp_path / "lake").as_uri(), postgres_dsn=SecretStr(dsn))
        own.run("grande", Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 2, 28)))
        taken = [
            sum(int(line.split()[0]) * 1024 for line in _du(folder))
            for folder in (tmp_path / "lake", home / "postgres")
        ]
    needed = needed_bytes(Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 2, 28)))
    for place, took, asked in zip(("lake", "postgres"), taken, needed, strict=True):
        assert took < asked < 3 * took, (place, took, asked)


def _du(folder):
    return subprocess.run(["du", "-sk", folder], check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_run_that_cannot_fit_is_refused_unless_it_is_forced(disk, monkeypatch, capsys):
    """Before anything is started; one that is there already goes on."""
    full = disk(40 * 2**20)
    monkeypatch.setenv("PQR_HOME", str(full.path))
    monkeypatch.setattr("sys.argv", ["pqr", "run", "--volume", "5000"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == VerificationFailed.exit_code
    assert "must have about" in (said := capsys.readouterr().err)
    assert f"found 0.0 GiB free at {full.path}" in said
    assert list(full.path.iterdir()) == []
    settings = Settings.read(home=full.path, postgres_dsn=SecretStr("postgresql://elsewhere"))
    must_fit(Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 1, 2)), settings)
    assert open_lake(settings.lake)
