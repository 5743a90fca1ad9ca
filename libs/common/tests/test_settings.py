"""Settings: read once, typed, frozen, secrets masked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pqr_common.errors import InvalidSettings
from pqr_common.process.settings import Settings, checkout


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PQR_{name.upper()}", raising=False)


def test_defaults_run_embedded():
    """Nothing set: a lake and a Postgres below the home, a local cluster of two."""
    settings = Settings.read()
    assert settings.home == checkout() / ".pqr"
    assert settings.lake_url == (settings.home / "lake").as_uri()
    assert settings.postgres_dsn is None
    assert settings.scheduler is None
    assert settings.workers == 2


def test_the_home_is_the_one_of_the_checkout_from_any_of_its_folders(monkeypatch, tmp_path):
    """Outside of one it lies in the working folder; one that was set is taken as it was."""
    inside = tmp_path / "checkout" / "docs" / "pictures"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert Settings.read().home == inside / ".pqr"
    (tmp_path / "checkout" / "uv.lock").touch()
    assert Settings.read().home == tmp_path / "checkout" / ".pqr"
    monkeypatch.setenv("PQR_HOME", "mine")
    assert Settings.read().home == inside / "mine"


def test_the_environment_is_read_and_arguments_win(monkeypatch):
    """An argument of the command stands over the environment; an empty variable is unset."""
    monkeypatch.setenv("PQR_WORKERS", "5")
    monkeypatch.setenv("PQR_SCHEDULER", "")
    assert Settings.read().workers == 5
    assert Settings.read().scheduler is None
    assert Settings.read(workers=3).workers == 3
    assert Settings.read(workers=None).workers == 5


@pytest.mark.parametrize(("name", "value"), [("PQR_WORKERS", "0"), ("PQR_WORKERS", "two")])
def test_a_bad_value_names_key_and_value(monkeypatch, name, value):
    """One sentence with both."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings, match=f"{name}.*{value}"):
        Settings.read()


def test_secrets_do_not_show(monkeypatch):
    """Neither repr nor text of the settings holds a secret."""
    monkeypatch.setenv("PQR_S3_SECRET_KEY", "hunter2")
    monkeypatch.setenv("PQR_POSTGRES_DSN", "postgresql://u:hunter2@h/d")
    assert "hunter2" not in f"{Settings.read()!r} {Settings.read()}"


def test_settings_do_not_change_after_they_were_read():
    """Assignment is refused; a change is another value."""
    settings = Settings.read()
    with pytest.raises(ValidationError):
        settings.workers = 7
    assert settings.with_(workers=7).workers == 7
    assert settings.workers == 2
