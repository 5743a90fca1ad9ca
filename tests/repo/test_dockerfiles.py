"""The images of the project share one skeleton. No engine is needed to hold it."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from pqr_common.installed import announced

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "deploy/service/Dockerfile"  # every stage, the parent flow, Dask
VIEW = ROOT / "services/dashboard/Dockerfile"  # serves people, and is no worker of Prefect
OURS = [SERVICE, VIEW]
STAGES = sorted(announced("pqr.stages"))
STANDINS = sorted(ROOT.glob("deploy/standins/*/Dockerfile"))


def _id(path: Path) -> str:
    return str(path.parent.relative_to(ROOT))


def _instructions(path: Path) -> list[str]:
    """The lines that count, continued ones joined."""
    text = re.sub(r"\\\n\s*", " ", path.read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _values(path: Path, instruction: str) -> list[str]:
    return [line.split(" ", 1)[1].strip() for line in _instructions(path) if line.startswith(f"{instruction} ")]


@pytest.fixture(scope="module")
def prune():
    spec = importlib.util.spec_from_file_location("prune", ROOT / "deploy/prune.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_two_dockerfiles_of_ours():
    """What is good for one stage is good for all: which one it is, is a build argument."""
    found = {path for folder in ("libs", "services", "deploy") for path in ROOT.glob(f"{folder}/**/Dockerfile")}
    assert found - set(STANDINS) == set(OURS)
    assert "SERVICE=" in _values(SERVICE, "ARG")
    assert not set(re.findall(r"\w+", " ".join(_instructions(SERVICE)))) & set(STAGES)


@pytest.mark.parametrize("service", [*STAGES, ""], ids=lambda name: name or "all")
def test_an_image_installs_the_stages_that_are_copied_into_it(service, tmp_path):
    """The one that SERVICE names; without it every declared stage, and no view."""
    (copied,) = (line.split() for line in _values(SERVICE, "COPY") if line.startswith("services/"))
    assert copied == ["services/${SERVICE}"] * 2
    for path in ROOT.glob(f"services/{service or '*'}/pyproject.toml"):
        shutil.copytree(path.parent, tmp_path / path.parent.relative_to(ROOT), ignore=shutil.ignore_patterns("src"))
    (select,) = re.findall(r"stages=\$\(.*?\)\s+&& test -n \"\$stages\"", " ".join(_instructions(SERVICE)))
    command = ["sh", "-c", f"{select} && echo $stages"]
    chosen = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.split()
    wanted = [service] if service else STAGES
    assert sorted(chosen) == sorted(["--package"] * len(wanted) + [f"pqr-{name}" for name in wanted])


def test_the_dashboard_holds_no_pipeline():
    """It reads Postgres, and mails in the lake; what computes or orchestrates has no place in it."""
    sync = next(line for line in _instructions(VIEW) if "uv sync" in line)
    assert "--package pqr-dashboard " in sync
    assert "pqr-pipeline" not in sync
    assert {"polars", "duckdb", "distributed", "dask"} <= set(re.findall(r"--no-install-package (\S+)", sync))


@pytest.mark.parametrize("path", OURS, ids=_id)
def test_images_are_built_in_two_stages_from_one_base(path):
    """The base is a build argument, so that a digest may be pinned from outside; the build's tools stay behind."""
    arguments = _values(path, "ARG")
    assert arguments[0] == "PYTHON_IMAGE=python:3.11-slim-bookworm"
    assert set(arguments[1:]) <= {"SERVICE="}
    assert _values(path, "FROM") == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]
    final = "\n".join(_instructions(path)).split("\nFROM ${PYTHON_IMAGE}\n")[1]
    assert "RUN" not in final
    assert [line for line in final.splitlines() if line.startswith("COPY")] == ["COPY --from=build /opt/venv /opt/venv"]


@pytest.mark.parametrize("path", OURS, ids=_id)
def test_images_are_built_offline_from_the_one_lock(path):
    """Packages come from uv.lock and the wheelhouse, never from an index, and without what only developers need."""
    sync = next(line for line in _instructions(path) if "uv sync" in line)
    assert {"--frozen", "--no-dev", "--no-editable"} <= set(sync.split())
    assert "type=bind,source=wheelhouse" in sync
    assert "UV_OFFLINE=1 UV_NO_INDEX=1" in path.read_text(encoding="utf-8")
    assert "--no-index" in next(line for line in _instructions(path) if "pip install" in line)


@pytest.mark.parametrize("path", OURS, ids=_id)
def test_images_run_one_process_as_nobody_in_particular(path):
    """A numeric user, so that an orchestrator can see it is not root; exec form, so that signals arrive."""
    assert _values(path, "USER") == ["10001:10001"]
    assert isinstance(json.loads(_values(path, "ENTRYPOINT")[0]), list)
    assert not _values(path, "CMD")


@pytest.mark.parametrize("path", OURS, ids=_id)
def test_images_are_asked_for_their_health_by_their_interpreter(path):
    """The images have no curl."""
    command = json.loads(_values(path, "HEALTHCHECK")[0].split("CMD ", 1)[1])
    assert command[:2] == ["python", "-c"]
    assert "/health" in command[2]


@pytest.mark.parametrize("path", [*OURS, *STANDINS], ids=_id)
def test_no_dockerfile_asks_a_registry_for_more_than_its_base(path):
    """No syntax line, no host name: a machine that can pull nothing can still build."""
    text = path.read_text(encoding="utf-8")
    assert "syntax=" not in text
    assert set(re.findall(r"https?://([^/'\"\s:]+)", text)) <= {"127.0.0.1"}


@pytest.mark.parametrize("path", STANDINS, ids=_id)
def test_stand_ins_say_what_they_are(path):
    """Nobody may take one for the real image."""
    assert path.read_text(encoding="utf-8").startswith("# Stand-in for ")
    assert "org.pqr.standin=true" in _values(path, "LABEL")


def test_the_build_context_is_a_list_of_what_is_allowed():
    """Nothing gets into an image because somebody forgot to exclude it: secrets, data, caches."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not [rule for rule in rules if ".env" in rule or ".git" in rule]


def test_a_library_without_its_symbols_still_loads(prune, tmp_path):
    """What is cut off is never loaded."""
    folder = Path(sysconfig.get_path("stdlib"), "lib-dynload")
    library = next((path for path in sorted(folder.glob("*.so")) if path.read_bytes().startswith(prune.ELF)), None)
    if library is None:
        pytest.skip("this interpreter has no ELF libraries of its own")
    smaller = tmp_path / "smaller.so"
    smaller.write_bytes(prune.without_symbols(library.read_bytes()))
    assert smaller.stat().st_size < library.stat().st_size
    ctypes.CDLL(str(smaller))


def test_pruning_refuses_a_list_that_outlived_its_packages(prune, tmp_path):
    """A pattern that finds nothing in a package that is there says so, instead of growing images in silence."""
    (tmp_path / "pyarrow").mkdir()
    (tmp_path / "package/tests").mkdir(parents=True)
    with pytest.raises(SystemExit, match="mend deploy/prune"):
        prune.unused(tmp_path)
