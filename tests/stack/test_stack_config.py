"""Every combination of layers and profiles is a valid stack."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain, combinations
from pathlib import Path

import pytest
import yaml
from stack_containers import clean_environment

ROOT = Path(__file__).parents[2]
CORE, *MORE = sorted(ROOT.glob("compose*.yaml"), key=lambda path: (path.name != "compose.yaml", path.name))


def _subsets(items):
    return chain.from_iterable(combinations(items, count) for count in range(len(items) + 1))


def _profiles(files):
    services = [
        service for file in files for service in yaml.safe_load(file.read_text(encoding="utf-8"))["services"].values()
    ]
    return sorted({profile for service in services for profile in service.get("profiles", ())})


COMBINATIONS = [
    pytest.param((CORE, *files), profiles, id="+".join([*(f.stem for f in files), *profiles]) or "core")
    for files in _subsets(MORE)
    for profiles in _subsets(_profiles((CORE, *files)))
]


@pytest.mark.parametrize(("files", "profiles"), COMBINATIONS)
def test_a_combination_resolves_without_a_warning(files, profiles, engine, stack_home):
    """With nothing but the .env of `make stack-env`, `docker compose config` has no word to say."""
    options = [part for file in files for part in ("-f", file)] + [part for p in profiles for part in ("--profile", p)]
    command = ["docker", "compose", "--env-file", stack_home / ".env", *options, "config", "--quiet"]
    ended = subprocess.run(command, check=False, env=clean_environment(), capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def _asked(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "deploy/volumes.py", path]
    return subprocess.run(command, check=False, env=clean_environment(), capture_output=True, text=True)


def test_another_env_over_old_volumes_is_named_before_anything_starts(engine, tmp_path):
    """A lost file or a second clone: `make up` says so; under a project of its own, or after `down`, it goes on."""
    docker, env = ["docker", "volume"], tmp_path / ".env"
    volumes = [f"pqr-lost{more}_{name}" for more in ("", "-2") for name in ("warehouse", "env")]
    try:
        env.write_text("COMPOSE_PROJECT_NAME=pqr-lost\nPOSTGRES_PASSWORD=first\n")
        assert _asked(env).returncode == 0
        subprocess.run([*docker, "create", volumes[0]], check=True, capture_output=True)
        assert _asked(env).returncode == 0
        env.write_text("COMPOSE_PROJECT_NAME=pqr-lost\nPOSTGRES_PASSWORD=second\n")
        refused = _asked(env)
        assert refused.returncode == 1
        assert "must be the one that the volumes of the stack pqr-lost were made with" in refused.stderr
        assert "Traceback" not in refused.stderr
        env.write_text("COMPOSE_PROJECT_NAME=pqr-lost-2\nPOSTGRES_PASSWORD=second\n")
        assert _asked(env).returncode == 0
        subprocess.run([*docker, "rm", volumes[0]], check=True, capture_output=True)
        env.write_text("COMPOSE_PROJECT_NAME=pqr-lost\nPOSTGRES_PASSWORD=second\n")
        assert _asked(env).returncode == 0
    finally:
        subprocess.run([*docker, "rm", "--force", *volumes], check=False, capture_output=True)
