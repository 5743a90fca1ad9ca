"""Lineage on its way into a graph: rows of what manifests say, and one damaged run that stops no other."""

from __future__ import annotations

import pytest

from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Check, Dataset, Manifest, Partition, Source
from pqr_common.stage.discovery import declare
from pqr_common.testing import MemoryLake
from pqr_pipeline.exports import graph
from pqr_pipeline.exports.lineage_graph import ORDER, rows_of
from pqrs.parameters import Parameters

PARAMETERS = Parameters.create()


class Recorder:
    """Stands where Neo4j would: keeps what it is sent, and has nothing yet."""

    def __init__(self):
        self.sent = {name: [] for name in ORDER}

    def constrain(self):
        pass

    def run(self, _name):
        return []

    def send(self, name, rows):
        self.sent[name] += rows


def _part(dataset, key):
    return Partition(dataset, key, f"raw/{dataset}/run=r1/{key}.jsonl", 3, 30, "0" * 64, "3-0", rejected=1)


def _manifests(run_id):
    raw = Manifest(run_id, "raw", {}, (), (Dataset("emails", "one line", ("a: string",), (_part("emails", "a"),)),))
    made = Dataset("emails", "one row", ("b: int32", "c: string"), (_part("emails", "b"),), made_from=("raw/emails",))
    failed = Check.equal("balance", 1, 2, severity="warning")
    return raw, Manifest(run_id, "bronze", {}, (Source("raw", raw.digest),), (made,), (failed,))


@pytest.fixture
def lake():
    found = MemoryLake()
    for run_id in ("r1", "r2", "r3"):
        declare(found, run_id, PARAMETERS)
        for manifest in _manifests(run_id):
            RunRecords(found, run_id).commit(manifest)
    return found


def test_rows_say_what_was_made_from_what():
    """Datasets hang on manifests, objects on datasets, and the edges are those that the manifests carry."""
    raw, bronze = _manifests("r1")
    rows = rows_of("r1", PARAMETERS, {"raw": raw, "bronze": bronze})
    assert rows["made_from"] == [{"made": "r1/bronze/emails", "source": "r1/raw/emails"}]
    assert rows["reads"] == [{"reader": "r1/bronze", "source": "r1/raw", "digest": raw.digest}]
    assert [row["failed_checks"] for row in rows["manifests"]] == [0, 1]
    assert [row["columns"] for row in rows["datasets"]] == [["a"], ["b", "c"]]
    assert [(row["dataset"], row["rejected"]) for row in rows["objects"]] == [
        ("r1/raw/emails", 1),
        ("r1/bronze/emails", 1),
    ]
    assert not any(value is None for table in rows.values() for row in table for value in row.values())


def test_every_run_is_exported(lake):
    """In the order in which each row finds what it hangs on."""
    neo4j = Recorder()
    assert graph.export(lake, neo4j)["runs"] == 3
    assert [row["id"] for row in neo4j.sent["runs"]] == ["r1", "r2", "r3"]


@pytest.mark.parametrize("damaged", ["manifests/r2/run.json", "manifests/r2/bronze.json"])
def test_defect_4_one_damaged_run_stops_no_other(lake, damaged):
    """It is told in the log and left out; the runs after it are exported."""
    lake.put(damaged, b'{"run_id": "r2", "par')
    neo4j = Recorder()
    graph.export(lake, neo4j)
    assert [row["id"] for row in neo4j.sent["runs"]] == ["r1", "r3"]
