"""Runs in words, and the graph from a figure to the raw objects."""

from __future__ import annotations

import itertools
import re

import pandas as pd
import psycopg
import pytest

from pqr_dashboard.charts import lineage
from pqr_dashboard.figures import checks, operation, wording

DATASETS = pd.DataFrame(
    [("load", "gold.kpi_executive", 1, 1), ("gold", "kpi_executive", 1, 1), ("gold", "kpi_sla", 9, 1),
     ("silver", "tickets", 26546, 2), ("bronze", "emails", 96954, 2), ("raw", "emails", 97109, 5)],
    columns=["layer", "dataset", "rows", "partitions"],
).assign(content_digest="7-00112233445566778899", manifest_digest="aabbccddeeff0011")  # fmt: skip
EDGES = pd.DataFrame(
    [("load", "gold.kpi_executive", "gold", "kpi_executive"), ("gold", "kpi_executive", "silver", "tickets"),
     ("gold", "kpi_sla", "silver", "tickets"), ("silver", "tickets", "bronze", "emails"),
     ("bronze", "emails", "raw", "emails")],
    columns=["layer", "dataset", "input_layer", "input_dataset"],
)  # fmt: skip
OBJECTS = [{"path": f"raw/emails/run=r/day=2026-01-0{day}/part-00000.jsonl", "rows": day, "sha256": f"{day}" * 64}
           for day in range(1, 6)]  # fmt: skip


def test_lineage_goes_from_the_figure_to_the_objects():
    """Every step down is an arrow, every node carries digests, and what the figure is not made of is not there."""
    graph = lineage.graph("breach_rate", "9,50 %", datasets=DATASETS, edges=EDGES, objects=OBJECTS)
    chain = ["figure", "load/gold.kpi_executive", "gold/kpi_executive", "silver/tickets", "bronze/emails", "raw/emails"]
    arrows = [f'"{above}" -> "{below}"' for above, below in itertools.pairwise(chain)]
    assert [arrow for arrow in arrows if arrow not in graph] == []
    assert "Incumplimiento\\n9,50 %" in graph
    assert graph.count("contenido 001122334455") == graph.count("manifiesto aabbccddeeff") == 5
    assert "kpi_sla" not in graph
    assert "SHA-256 111111111111" in graph
    assert "3 objetos más" in graph


def test_lineage_of_a_run_that_got_half_way():
    """No mart yet: the figure alone, and no arrow into nothing."""
    graph = lineage.graph(
        "received", "–", datasets=DATASETS[DATASETS["layer"] == "raw"], edges=EDGES.head(0), objects=OBJECTS
    )
    assert "->" not in graph


def test_labels_cannot_leave_their_quotes():
    """Quotes and backslashes of a label are text in Graphviz too."""
    graph = lineage.graph(
        "received", '1"]; evil [label="\\', datasets=DATASETS.head(0), edges=EDGES.head(0), objects=[]
    )
    assert "label=\"Recibidas\\n1']; evil [label='\"" in graph


def test_sizes_and_durations_as_people_say_them():
    """Short units, a comma, minutes from sixty seconds on."""
    assert [wording.size(value) for value in (0, 999, 83305795, 2.5e9)] == [
        "0\u00a0B", "999\u00a0B", "83,3\u00a0MB", "2,5\u00a0GB",
    ]  # fmt: skip
    assert wording.size(None) == "–"
    assert [wording.duration(value) for value in (None, 2.651, 75.2)] == ["–", "2,7\u00a0s", "1\u00a0min 15\u00a0s"]


def test_checks_say_whether_they_hold():
    """A failed check of small weight is a warning; the others are not kept."""
    checks = pd.DataFrame(
        [("gold", "passed", "error", "validity"), ("gold", "failed", "error", "validity"),
         ("silver", "failed", "warning", "odd")],
        columns=["stage", "status", "severity", "dimension"],
    ).assign(name="x", observed="1", expected="1")  # fmt: skip
    named = operation.named_checks(checks)
    assert named["status_said"].tolist() == ["Se cumple", "No se cumple", "Aviso"]
    assert named["stage_said"].tolist() == ["Oro", "Oro", "Plata"]
    assert named["dimension_said"].tolist() == ["Validez", "Validez", "odd"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("received_kpi_daily_is_kpi_executive", "Recibidas: cifras por día = cifras principales"),
        ("digest_core.sla_policies_is_the_law", "Huella: términos de ley = la ley"),
        ("breach_quota", "Cuota de incumplimientos"),
        ("a_check_of_another_package", "a check of another package"),
    ],
)
def test_checks_are_named_in_spanish(name, said):
    """What is compared with what; a name nobody translated loses its underscores."""
    assert checks.named(name) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2348 of 24722, 117 of 1223", "2.348 de 24.722, 117 de 1.223"),
        (97109, "97.109"),
        ("0.095 of those that a quarter opens, give or take one ticket", "0,095 de lo que abre un trimestre, más o menos una"),
        ("7670-8af145722d959e6ffa30c3334b203ecc", "7670-8af145722d959e6ffa30c3334b203ecc"),
    ],
)  # fmt: skip
def test_values_of_checks_read_as_in_colombia(value, said):
    """Points group, no English is left, and a digest is a digest."""
    assert checks.valued(value) == said


def test_no_check_of_a_run_is_left_in_english(again):
    """Every check that the stages make has a Spanish name."""
    dsn, publish = again
    publish(5)
    with psycopg.connect(dsn) as opened:
        found = opened.execute("select distinct name, observed, expected from meta.quality_checks").fetchall()
    assert len(found) > 50
    for name, *values in found:
        assert "_" not in checks.named(name)
        assert not re.search(r"\b(of|as|is|and)\b", " ".join(checks.valued(value) for value in values)), name
        assert name.replace("_", " ") != checks.named(name), name
