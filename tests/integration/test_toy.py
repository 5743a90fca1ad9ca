"""A stage and a mart that another package brings: three files and no edit elsewhere, and they are everywhere."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PQR = ROOT / ".venv/bin/pqr"
pytestmark = pytest.mark.integration

FILES = {
    "pqr_toy/__init__.py": "",
    "pqr_toy/mart.py": """
from pqr_common import required
from pqr_gold.schema import COUNT, TEXT, Partial, declared

MART = declared(
    "kpi_toy",
    Partial(
        "toy",
        "select pqrs_type, count(*) as tickets from facts where came_in_window group by pqrs_type",
        required(pqrs_type=TEXT),
    ),
    grain="one row per type that occurs",
    columns=required(pqrs_type=TEXT, tickets=COUNT),
    key=("pqrs_type",),
    sql="select pqrs_type, cast(sum(tickets) as bigint) as tickets from toy group by pqrs_type",
)
""",
    "pqr_toy/schema.py": """
import pyarrow as pa

from pqr_common import Contract, required

COLUMNS = required(pqrs_type=pa.string(), tickets=pa.int64())
TOY = Contract("kpi_toy", "one row per type that occurs", pa.schema(COLUMNS))
LARGEST = Contract(
    "largest", "the type with the most tickets", pa.schema(COLUMNS), key=("pqrs_type",),
    made_from=("gold/kpi_toy",), warehouse="gold",
)
""",
    "pqr_toy/stage.py": """
from pqr_common import Check, Output, Phase, Stage, Task
from pqr_toy.schema import LARGEST, TOY


def plan(inputs):
    return [Task("all", inputs.manifests["gold"].dataset("kpi_toy").partitions)]


def work(task, context):
    toy = context.read(task.inputs[0])
    yield Output("largest", "part-00000", toy.sort_by([("tickets", "descending")]).slice(0, 1))


def checks(outcome):
    return [Check.equal("one_largest", outcome.rows("largest"), 1)]


STAGE = Stage(
    name="platinum", writes="platinum", package="pqr_toy", requires={"gold": (TOY,)}, produces=(LARGEST,),
    phases=(Phase("pick", plan, work),), checks=checks,
)
""",
    "pqr_toy-0.1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pqr-toy\nVersion: 0.1.0\n",
    "pqr_toy-0.1.0.dist-info/entry_points.txt": (
        "[pqr.stages]\nplatinum = pqr_toy.stage:STAGE\n[pqr.marts]\nkpi_toy = pqr_toy.mart:MART\n"
    ),
}


@pytest.fixture(scope="module")
def pqr(tmp_path_factory):
    """The command with the package beside it, on a home of its own; gives what it prints as JSON."""
    folder = tmp_path_factory.mktemp("toy")
    for name, text in FILES.items():
        (folder / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "site" / name).write_text(text)
    environment = os.environ | {"PYTHONPATH": str(folder / "site"), "PQR_HOME": str(folder / "home")}

    def call(*arguments):
        done = subprocess.run(
            [PQR, *arguments], check=False, env=environment, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    call("run", "--run-id", "toy", "--volume", "5", "--to", "2026-01-20", "--quiet")
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


def test_they_are_verified(pqr):
    """Every object and every row in Postgres, theirs too."""
    report = pqr("verify", "toy", "--deep", "--json")
    assert report["findings"] == []
    assert report["layers"] == ["raw", "bronze", "silver", "gold", "platinum", "load"]
