"""A command that is printed for a person works as printed, in the shell that they are in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pqr_pipeline.command.called import BY_UV, called


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with an environment in it, none of it on PATH; the working folder is its root."""
    root = tmp_path / "my checkout"
    for place in (root / ".venv" / "bin", tmp_path / "other"):
        place.mkdir(parents=True)
        (place / "pqr").write_text("#!/bin/sh\necho of $0\n")
        (place / "pqr").chmod(0o755)
    monkeypatch.delenv(BY_UV, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'other'}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(root / ".venv" / "bin" / "python"))
    monkeypatch.chdir(root)
    return root


def _leads_to(words):
    told = subprocess.run(["/bin/sh", "-c", words], capture_output=True, text=True, check=True)
    return told.stdout.strip().removeprefix("of ")


def test_without_the_environment_on_path_it_is_a_path(checkout, monkeypatch):
    """Short where one stands at the root, whole elsewhere; another's `pqr` on PATH is not ours."""
    assert called() == _leads_to(called()) == ".venv/bin/pqr"
    (checkout / "docs").mkdir()
    monkeypatch.chdir(checkout / "docs")
    assert _leads_to(called()) == str(checkout / ".venv" / "bin" / "pqr")


def test_with_the_environment_on_path_it_is_the_bare_word(checkout, monkeypatch):
    """Also by a link, as tools are installed."""
    monkeypatch.setenv("PATH", f"{checkout / '.venv' / 'bin'}:/bin")
    assert called() == "pqr"
    assert _leads_to(called()) == str(checkout / ".venv" / "bin" / "pqr")
    (checkout / "links").mkdir()
    (checkout / "links" / "pqr").symlink_to(checkout / ".venv" / "bin" / "pqr")
    monkeypatch.setenv("PATH", f"{checkout / 'links'}:/bin")
    assert called() == "pqr"


def test_under_uv_run_it_is_that_again(checkout, monkeypatch):
    """Its PATH is not that of the shell."""
    monkeypatch.setenv("PATH", f"{checkout / '.venv' / 'bin'}:/bin")
    monkeypatch.setenv(BY_UV, "1")
    assert called() == "uv run pqr"


def test_without_a_program_it_is_the_module(checkout):
    """Where only the packages are on the path."""
    (checkout / ".venv" / "bin" / "pqr").unlink()
    assert called() == f"'{checkout}/.venv/bin/python' -m pqr_pipeline"
