"""One lab for all tests of it; who changes its files works on a copy."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pqr_common.process.settings import Settings
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.lab.checks import shuffle
from pqr_pipeline.lab.course import Exercise
from pqr_pipeline.lab.folder import Lab
from pqr_pipeline.lab.inbox import HOME, Inbox
from pqr_pipeline.lab.work import Work

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def pqr(tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`pqr` as a person calls it, in a home of its own."""
    home = tmp_path_factory.mktemp("home")

    def call(*arguments: object, cwd: Path = home) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pqr_pipeline", *map(str, arguments)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PQR_")}
        environment |= {"PQR_HOME": str(home), "COLUMNS": "120"}
        return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)

    return call


@pytest.fixture(scope="session")
def begun(pqr, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A lab as `pqr lab init` makes it, and what was said."""
    folder = tmp_path_factory.mktemp("student") / "lab"
    said = pqr("lab", "init", folder)
    assert said.returncode == 0, said.stderr
    return folder, said


@pytest.fixture(scope="session")
def inbox(begun) -> Inbox:
    return Inbox(begun[0], Settings.read())


@pytest.fixture
def lab(begun, tmp_path) -> Lab:
    """The exercises as they begin, to be worked on, over the inbox of all tests."""
    folder, _ = begun
    own = tmp_path / "lab"
    shutil.copytree(folder, own, ignore=lambda _, names: {HOME} & set(names))
    (own / HOME).mkdir()
    for name in ("lake", "postgres"):
        (own / HOME / name).symlink_to(folder / HOME / name)
    return Lab(own)


@pytest.fixture(scope="session")
def servers(platform, inbox) -> Iterator[None]:
    """What exercises start, kept running in between: the lab's Postgres, and a cluster in place of one per check."""
    with pytest.MonkeyPatch.context() as patch, postgres(inbox.settings):
        patch.setattr(shuffle, "dask_executor", lambda _: contextlib.nullcontext(platform.executor))
        patch.setenv("ACERO_ALIGNMENT_HANDLING", "reallocate")
        yield


@pytest.fixture
def work_on(inbox, tmp_path) -> Callable[..., Work]:
    """The files of an exercise as they begin, with those of a folder over them and a patch to these, for a check here."""

    def placed(exercise: Exercise, files: Path | None = None, patch: Path | None = None) -> Work:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        for name, text in exercise.starts.items():
            (folder / name).write_text(text, encoding="utf-8")
        if files:
            shutil.copytree(files, folder, dirs_exist_ok=True)
        if patch:
            subprocess.run(["git", "apply", "--whitespace=nowarn", patch], cwd=folder, check=True)
        return Work(folder, inbox)

    return placed
