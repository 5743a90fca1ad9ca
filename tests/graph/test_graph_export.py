"""Lineage in a real Neo4j: all of it, once, and the questions of deploy/graph/README.md answered."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from pqr_common.errors import InvalidSettings, PqrError, Transient
from pqr_common.lake.folder import FolderLake
from pqr_pipeline.audit import lineage
from pqr_pipeline.exports.graph import export, main
from pqr_pipeline.exports.lineage_graph import rows_of
from pqr_pipeline.exports.neo4j import Neo4j

pytestmark = [pytest.mark.integration, pytest.mark.services]
README = Path(__file__).parents[2] / "deploy/graph/README.md"
QUESTIONS = {
    re.search(r"// name: (\w+)", text)[1]: text
    for text in re.findall(r"```cypher\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
}


def _count(neo4j):
    nodes = "match (node) return labels(node)[0] as kind, count(*) as number"
    edges = "match ()-[edge]->() return type(edge) as kind, count(*) as number"
    return {row["kind"]: row["number"] for text in (nodes, edges) for row in neo4j.ask(text)}


@pytest.fixture
def records(platform, finished, tmp_path):
    """The manifests of the finished run and nothing else of the lake."""
    here = Path(platform.lake.url.removeprefix("file://"))
    shutil.copytree(here / "manifests/january", tmp_path / "manifests/january")
    return FolderLake(tmp_path)


@pytest.fixture
def two_runs(platform, finished, january, records, tmp_path):
    """Beside it the raw layer of the same inbox until the tenth, and of another inbox."""
    shorter = replace(january, window_to=date(2026, 1, 10))
    platform.run("shorter", shorter, "generator")
    platform.run("other", replace(shorter, seed=7), "generator")
    here = Path(platform.lake.url.removeprefix("file://"))
    for name in ("shorter", "other"):
        shutil.copytree(here / "manifests" / name, tmp_path / "manifests" / name)
    return records


def test_the_graph_holds_what_the_manifests_hold(neo4j, records, finished):
    """A node for each run, manifest, dataset and object, and the edges between them."""
    export(records, neo4j)
    datasets = [dataset for manifest in finished.values() for dataset in manifest.datasets]
    objects = [part for dataset in datasets for part in dataset.partitions]
    found = _count(neo4j)
    assert {kind: found[kind] for kind in ("Run", "Manifest", "Dataset", "Object")} == {
        "Run": 1,
        "Manifest": len(finished),
        "Dataset": len(datasets),
        "Object": len(objects),
    }
    assert found["Content"] == len({part.content_digest for part in objects})
    assert found["HAS"] == found["HOLDS"] == len(objects)
    assert found["READ"] == sum(len(manifest.inputs) for manifest in finished.values())


def test_a_second_export_adds_nothing_and_sends_nothing(neo4j, records):
    """What is whole is known by its digest."""
    export(records, neo4j)
    before = _count(neo4j)
    assert set(export(records, neo4j).values()) == {0}
    assert _count(neo4j) == before
    neo4j.ask("match (manifest:Manifest) set manifest.is_whole = false")
    assert export(records, neo4j)["objects"] > 0
    assert _count(neo4j) == before


@pytest.mark.parametrize("answered", [2, 6, 8, 10, 12])
def test_an_export_that_broke_off_is_completed(neo4j, records, answered):
    """Wherever it broke off, the next one ends with the graph of an undisturbed one."""
    export(records, neo4j)
    whole = _count(neo4j)
    neo4j.ask("match (node) detach delete node")
    left = [answered]

    def breaks(request):
        left[0] -= 1
        if left[0] < 0:
            raise httpx.ConnectError("gone")

    client = httpx.Client(base_url=neo4j.url, auth=neo4j.client.auth, timeout=60, event_hooks={"request": [breaks]})
    with pytest.raises(Transient, match="Neo4j must answer"):
        export(records, replace(neo4j, client=client))
    assert sum(export(records, neo4j).values()) > 0
    assert _count(neo4j) == whole


def test_a_figure_is_followed_to_the_objects_that_lineage_names(neo4j, platform, records):
    """The graph and `pqr lineage` say the same."""
    export(records, neo4j)
    parameters = {"run": "january", "mart": "kpi_sla", "column": "breach_rate"}
    found = neo4j.ask(QUESTIONS["figure"], **parameters)
    layers = lineage.lineage(platform.lake, "january", "kpi_sla.breach_rate").layers
    assert found == sorted(layers[-1]["objects"], key=lambda row: row["path"])
    assert neo4j.ask(QUESTIONS["figure"], **parameters | {"column": "no_such_column"}) == []


def test_an_object_knows_what_it_fed(neo4j, records, finished):
    """From a day's mail up to the tables of Postgres."""
    export(records, neo4j)
    path = finished["raw"].dataset("emails").partitions[0].path
    fed = {(row["layer"], row["dataset"]) for row in neo4j.ask(QUESTIONS["fed"], path=path)}
    assert {("bronze", "emails"), ("silver", "tickets"), ("gold", "kpi_sla"), ("load", "gold.kpi_sla")} <= fed
    assert ("load", "core.tickets") in fed
    assert ("load", "core.calendar") not in fed


def test_runs_of_one_inbox_share_their_days(neo4j, two_runs):
    """The shorter window's objects are the longer one's; another seed shares nothing."""
    export(two_runs, neo4j)
    shared = {(row["run"], row["other"], row["dataset"]): row["objects"] for row in neo4j.ask(QUESTIONS["shared"])}
    assert shared["january", "shorter", "emails"] == 10
    assert not [pair for pair in shared if "other" in pair[:2]]


def test_where_two_runs_part_is_where_the_difference_began(neo4j, two_runs):
    """Not what differs only because what lies below does."""
    export(two_runs, neo4j)
    parted = neo4j.ask(QUESTIONS["parted"], run="shorter", other="other")
    assert {row["layer"] for row in parted} == {"raw"}


def test_a_change_of_code_is_found_where_it_was_made(neo4j, records, finished, january):
    """Another run of the same inbox, silver and load alike, and one mart that is not: it, and not its copy in Postgres."""
    export(records, neo4j)
    again = {layer: replace(manifest, run_id="again") for layer, manifest in finished.items()}
    again["gold"] = _with_another(again["gold"], "kpi_sla")
    again["load"] = _with_another(again["load"], "gold.kpi_sla")
    for name, rows in rows_of("again", january, again).items():
        neo4j.send(name, rows)
    parted = neo4j.ask(QUESTIONS["parted"], run="january", other="again")
    assert [(row["layer"], row["dataset"]) for row in parted] == [("gold", "kpi_sla")]


def _with_another(manifest, name):
    changed = tuple(
        replace(d, partitions=(replace(d.partitions[0], content_digest="1-abc"),)) if d.name == name else d
        for d in manifest.datasets
    )
    return replace(manifest, datasets=changed)


def test_a_chain_that_does_not_hold_is_found(neo4j, records):
    """A manifest that is not what its reader read."""
    export(records, neo4j)
    assert neo4j.ask(QUESTIONS["broken"]) == []
    neo4j.ask("match (manifest:Manifest {id: 'january/silver'}) set manifest.digest = 'another'")
    assert {row["reader"] for row in neo4j.ask(QUESTIONS["broken"])} == {"january/gold", "january/load"}


def test_trouble_is_one_sentence(neo4j, graph_settings, monkeypatch, capsys):
    """No Neo4j, a wrong password, a statement it does not take, wrong arguments: each says what to do."""
    with pytest.raises(Transient, match=r"^Neo4j must answer, found ConnectError at .*: see .*\.$"):
        Neo4j.of(graph_settings.with_(neo4j_url="http://127.0.0.1:9")).ask("return 1")
    wrong = Neo4j.of(graph_settings.with_(neo4j_password=SecretStr("otra")))
    with pytest.raises(InvalidSettings, match=r"^PQR_NEO4J_PASSWORD must be .*: correct it\.$"):
        wrong.ask("return 1")
    with pytest.raises(PqrError, match=r"^Neo4j must take what is exported, found Neo\.ClientError\.Statement"):
        neo4j.ask("retrun 1")
    assert main([]) == 2
    assert main(["--every", "never"]) == 2
    monkeypatch.setenv("PQR_NEO4J_URL", "http://127.0.0.1:9")
    assert main([]) == 5
    assert capsys.readouterr().err.count("\n") == 3


def test_the_command_exports_the_lake_of_the_settings(neo4j, records, graph_settings, monkeypatch):
    """Settings come from the environment, as everywhere."""
    monkeypatch.setenv("PQR_NEO4J_URL", graph_settings.neo4j_url)
    monkeypatch.setenv("PQR_NEO4J_PASSWORD", graph_settings.neo4j_password.get_secret_value())
    monkeypatch.setenv("PQR_LAKE_URL", records.url)
    assert main([]) == 0
    assert _count(neo4j)["Run"] == 1


def test_the_release_that_is_tested_is_the_one_that_is_pinned():
    """Maven's and the image's."""
    root = README.parents[2]
    tested = re.search(r"<version>(\d+\.\d+\.\d+)</version>", (root / "deploy/standins/neo4j/pom.xml").read_text())[1]
    assert f"image: neo4j:{tested}\n" in (root / "compose.observability.yaml").read_text(encoding="utf-8")
