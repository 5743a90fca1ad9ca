"""The stage and the mart of the how-to guides, which another package brings: no edit elsewhere, and they are everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PQR = ROOT / ".venv/bin/pqr"
pytestmark = pytest.mark.integration

# The guides show a package's files as blocks with a title; what each announces is installed as pip would install it.
GUIDES = [(ROOT / "docs/how-to" / name).read_text(encoding="utf-8") for name in ("add-a-mart.md", "add-a-stage.md")]
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
PROJECT = "pyproject.toml"
BLOCKS = [found for guide in GUIDES for found in BLOCK.findall(guide)]
ANNOUNCED = [tomllib.loads(text)["project"]["entry-points"] for name, text in BLOCKS if name == PROJECT]
FILES = {name: text for name, text in BLOCKS if name != PROJECT} | {
    "pqr_toy/__init__.py": "",
    "pqr_toy-0.1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pqr-toy\nVersion: 0.1.0\n",
    "pqr_toy-0.1.0.dist-info/entry_points.txt": "".join(
        f"[{group}]\n" + "".join(f"{name} = {where}\n" for name, where in entries.items())
        for groups in ANNOUNCED
        for group, entries in groups.items()
    ),
}


@pytest.fixture(scope="module")
def pqr(tmp_path_factory):
    """The command with the package beside it, on a home of its own; gives what it prints as JSON."""
    folder = tmp_path_factory.mktemp("toy")
    for name, text in FILES.items():
        (folder / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "site" / name).write_text(text)
    environment = os.environ | {
        "PYTHONPATH": str(folder / "site"),
        "PQR_HOME": str(folder / "home"),
        "PQR_WORKERS": "1",
    }

    def call(*arguments):
        done = subprocess.run(
            [PQR, *arguments], check=False, env=environment, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    call("run", "--run-id", "toy", "--volume", "5", "--opens-on", "2026-01-01", "--to", "2026-01-20", "--quiet")
    return call


def test_they_are_in_the_flow(pqr):
    """Between gold and the loader, which reads whatever there is."""
    shown = pqr("show", "toy", "--json")
    assert list(shown["manifests"]) == ["raw", "bronze", "silver", "gold", "platinum", "load"]
    assert [a["stage"] for a in shown["attempts"]] == ["generator", "bronze", "silver", "gold", "platinum", "loader"]
    assert shown["state"] == "completed"


def test_they_are_in_postgres(pqr):
    """As tables, and in the story of the run."""
    largest = pqr("psql", "--", "-Atc", "select pqrs_type, tickets from gold.largest").split("|")
    all_types = pqr(
        "psql", "--", "-Atc", "select pqrs_type, tickets from gold.kpi_toy order by tickets desc"
    ).splitlines()
    assert "|".join(largest).strip() in all_types
    assert len(all_types) > 3
    received = int(pqr("psql", "--", "-Atc", "select received from gold.kpi_executive"))
    assert sum(int(row.split("|")[1]) for row in all_types) == received
    told = "select layer || '/' || dataset || ' from ' || input_layer || '/' || input_dataset from meta.lineage"
    edges = pqr("psql", "--", "-Atc", told).splitlines()
    assert {"platinum/largest from gold/kpi_toy", "gold/kpi_toy from silver/tickets"} <= set(edges)


def test_they_are_in_the_lineage(pqr):
    """From the toy mart down to the raw objects."""
    figure = pqr("lineage", "kpi_toy.tickets", "toy", "--json")
    assert [f"{each['layer']}/{each['dataset']}" for each in figure["layers"]] == [
        "gold/kpi_toy", "silver/tickets", "bronze/emails", "raw/emails",
    ]  # fmt: skip


def test_the_mart_is_explained(pqr):
    """By what it says its column counts."""
    told = pqr("explain", "kpi_toy.tickets", "toy", "--where", "pqrs_type=QUEJA", "--size", "1")
    assert re.search(r"counted again from (\d+) tickets alone: \1, equal", told)


def test_they_are_verified(pqr):
    """Every object and every row in Postgres, theirs too."""
    report = pqr("verify", "toy", "--deep", "--json")
    assert report["findings"] == []
    assert report["layers"] == ["raw", "bronze", "silver", "gold", "platinum", "load"]
