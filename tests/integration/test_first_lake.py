"""A lake made by the first code, with manifests of version 1, read and published by today's."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from pqr_common.errors import UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.audit.explain import Page, explained
from pqr_pipeline.audit.trace import traced

ROOT = Path(__file__).parents[2]
PQR = ROOT / ".venv/bin/pqr"
RUN = "golden-v1"
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with that lake, as it was left."""
    folder = tmp_path_factory.mktemp("first")
    with zipfile.ZipFile(ROOT / "tests/golden/lake_v1.zip") as packed:
        packed.extractall(folder / "lake")
    return folder


def pqr(home, *arguments):
    done = subprocess.run(
        [PQR, *arguments],
        check=False,
        env=os.environ | {"PQR_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_manifests_are_of_version_1_and_tell_where_rows_come_from(home):
    """The digest holds by the first rule; key, origin and mirror are remembered."""
    manifests = RunRecords(FolderLake(home / "lake"), RUN).manifests()
    assert list(manifests) == ["raw", "bronze", "silver", "gold", "load"]
    assert {manifest.version for manifest in manifests.values()} == {1}
    assert manifests["gold"].dataset("kpi_sla").made_from == ("silver/tickets",)
    assert manifests["silver"].dataset("tickets").warehouse == "core"
    assert manifests["silver"].dataset("tickets").key == ("ticket_id",)


def test_it_is_shown(home):
    """Listed, shown, and followed from a figure to its raw objects."""
    (listed,) = json.loads(pqr(home, "runs", "--json"))
    assert (listed["run_id"], listed["state"]) == (RUN, "completed")
    shown = json.loads(pqr(home, "show", RUN, "--json"))
    assert shown["headline"]["received"] == listed["tickets"]
    layers = json.loads(pqr(home, "lineage", "breach_rate", RUN, "--json"))["layers"]
    assert [each["layer"] for each in layers] == ["gold", "silver", "bronze", "raw"]


def test_it_is_published_and_verified_to_the_last_row(home):
    """Postgres shows it, no manifest changes, and every object and row is what they say."""
    before = {path: path.read_bytes() for path in (home / "lake/manifests").rglob("*.json") if path.parent.name == RUN}
    pqr(home, "publish", RUN)
    pqr(home, "publish", RUN)
    assert {path: path.read_bytes() for path in before} == before
    report = json.loads(pqr(home, "verify", RUN, "--deep", "--json"))
    assert report["findings"] == []
    assert report["objects"] == 103
    assert not [note for note in report["notes"] if "Postgres" in note]
    received = pqr(home, "psql", "--", "-Atc", "select received from gold.kpi_executive").strip()
    assert int(received) == json.loads(pqr(home, "show", RUN, "--json"))["headline"]["received"]


def test_what_its_tickets_lack_is_named(home):
    """They tell not when a term ends within a day: figures cannot be counted again, and are said to be so."""
    lake = FolderLake(home / "lake")
    for follow in (
        lambda: explained(lake, RUN, "breach_rate", page=Page()),
        lambda: traced(lake, RUN, "20260010000012"),
    ):
        with pytest.raises(UpstreamBroken, match=r"silver/tickets must have the column due_at.*golden-v1"):
            follow()
