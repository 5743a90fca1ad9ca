"""`pqr diff`: what came, what went and what changed between two runs, read from what they do not share."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pqr_common.canonical import sha256_hex
from pqr_common.errors import UnknownRun
from pqr_common.manifest.graph import Graph, Node
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqr_common.tables.contract import Contract
from pqr_common.tables.digest import content_digest
from pqr_common.tables.parquet import parquet_bytes
from pqr_common.testing import MemoryLake
from pqr_pipeline.audit.diff import diff
from pqr_pipeline.audit.rows import row_diff
from pqrs.parameters import Parameters

GRAPH = Graph.of([Node("generator", "raw"), Node("silver", "silver", ("raw",)), Node("gold", "gold", ("silver",))])
TICKETS = pa.schema([("ticket_id", pa.string()), ("radicado", pa.string()), ("status", pa.string())])
COUNTS = pa.schema([("day", pa.string()), ("n", pa.int64())])


class CountingLake(MemoryLake):
    """Remembers which data was read."""

    def __init__(self):
        super().__init__()
        self.read_keys = []

    def get(self, key):
        self.read_keys.append(key)
        return super().get(key)


@pytest.fixture
def lake():
    return CountingLake()


def part(lake, run, dataset, schema, rows, *, key="p", sign=1):
    table = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)
    contract = Contract(dataset.split("/")[1], "one row a test", schema)
    data = parquet_bytes(table, contract)
    path = f"{dataset}/{run}-{key}-{sign}.parquet"
    lake.put(path, data)
    return Partition(
        contract.dataset, key, path, len(rows), len(data), sha256_hex(data), content_digest(table), sign=sign
    )


def committed(lake, run, layer, dataset, schema, *parts, key=()):
    lines = tuple(f"{field.name}: {field.type}" for field in schema)
    made = Dataset(dataset, "", lines, parts, key=key)
    RunRecords(lake, run).commit(Manifest(run, layer, {}, (), (made,)))


def tickets(lake, run, *parts):
    RunRecords(lake, run).declare(Parameters.create(), GRAPH)
    committed(lake, run, "silver", "tickets", TICKETS, *parts, key=("ticket_id",))


def found_of(found, place):
    return next(each for each in found.datasets if f"{each.layer}/{each.dataset}" == place)


def test_rows_of_tickets_are_told_one_by_one(lake):
    """Which came, which went, and which columns of those that stayed are others; what both share is not read."""
    shared = [("t1", "R1", "open")]
    mine = [("t2", "R2", "open"), ("t3", None, "open"), ("t4", "R4", "open")]
    theirs = [("t2", "R2", "closed"), ("t3", "R3", "closed"), ("t5", "R5", "open")]
    for run, rows in (("a", mine), ("b", theirs)):
        parts = [part(lake, run, "silver/tickets", TICKETS, given, key=k) for k, given in (("p", shared), ("q", rows))]
        tickets(lake, run, *parts)
    lake.read_keys.clear()
    found = diff(lake, "a", "b")
    told = found_of(found, "silver/tickets")
    assert (told.added, told.removed, told.changed, told.objects_read) == (1, 1, 2, 2)
    assert found.tickets == [
        {"ticket_id": "t2", "radicado": "R2", "difference": "changed", "columns": ["status"]},
        {"ticket_id": "t3", "radicado": "R3", "difference": "changed", "columns": ["radicado", "status"]},
        {"ticket_id": "t4", "radicado": "R4", "difference": "removed", "columns": []},
        {"ticket_id": "t5", "radicado": "R5", "difference": "added", "columns": []},
    ]
    assert [key for key in lake.read_keys if "-p-" in key] == []


def test_a_row_that_was_taken_back_is_not_there(lake):
    """A run made of increments and one big run hold the same rows in other partitions: digests say so, nothing is read.

    Against the run before it only the row that was replaced is changed.
    """
    old, new = [("t1", "R1", "open")], [("t1", "R1", "closed")]
    first = part(lake, "a", "silver/tickets", TICKETS, [*old, ("t2", "R2", "open")])
    tickets(lake, "a", first)
    grown = [part(lake, "b", "silver/tickets", TICKETS, rows, key="d", sign=s) for s, rows in ((1, new), (-1, old))]
    tickets(lake, "b", first, *grown)
    tickets(lake, "whole", part(lake, "whole", "silver/tickets", TICKETS, [*new, ("t2", "R2", "open")]))
    lake.read_keys.clear()
    assert all(each.is_equal for each in diff(lake, "b", "whole").datasets)
    assert lake.read_keys == []
    told = found_of(diff(lake, "a", "b"), "silver/tickets")
    assert (told.added, told.removed, told.changed, told.objects_read) == (0, 0, 1, 2)
    assert diff(lake, "a", "whole").tickets == diff(lake, "a", "b").tickets
    assert [each["columns"] for each in diff(lake, "b", "a").tickets] == [["status"]]


def test_marts_and_lines_differ_too(lake):
    """A mart by its key; lines, which have none, are only added and removed; layers of one run are named."""
    for run, n, lines in (("a", 1, b"x\ny\ny\n"), ("b", 2, b"y\nz\n")):
        RunRecords(lake, run).declare(Parameters.create(), GRAPH)
        rows = [("mon", n), ("tue", 7)]
        committed(lake, run, "gold", "per_day", COUNTS, part(lake, run, "gold/per_day", COUNTS, rows), key=("day",))
        path = f"raw/emails/{run}.jsonl"
        lake.put(path, lines)
        sha256, count = sha256_hex(lines), lines.count(b"\n")
        emails = Partition("emails", "d", path, count, len(lines), sha256, f"{count}-{sha256[:32]}")
        committed(lake, run, "raw", "emails", pa.schema([("line", pa.string())]), emails)
    committed(lake, "a", "silver", "tickets", TICKETS)
    found = diff(lake, "a", "b")
    mart, raw = found_of(found, "gold/per_day"), found_of(found, "raw/emails")
    assert (mart.added, mart.removed, mart.changed) == (0, 0, 1)
    assert (raw.added, raw.removed, raw.changed) == (1, 2, 0)
    assert found.only_in == {"silver/tickets": "a"}


def test_columns_of_one_run_are_named_and_the_others_compared(lake):
    """After a stage gained a column."""
    wider = pa.schema([*COUNTS, ("m", pa.int64())])
    for run, schema, row in (("a", COUNTS, ("mon", 1)), ("b", wider, ("mon", 1, 5))):
        RunRecords(lake, run).declare(Parameters.create(), GRAPH)
        committed(lake, run, "gold", "per_day", schema, part(lake, run, "gold/per_day", schema, [row]), key=("day",))
    told = found_of(diff(lake, "a", "b"), "gold/per_day")
    assert (told.columns, told.added, told.removed, told.changed) == (("m",), 0, 0, 0)
    assert not told.is_equal


def test_rows_without_a_value_in_the_key_have_one_all_the_same():
    """A mart groups what has no department as well; and equal rows are told apart by how many there are."""
    schema = pa.schema([("department", pa.string()), ("n", pa.int64())])
    one, other = (pa.table({"department": [None], "n": [n]}, schema=schema) for n in (1, 2))
    none = schema.empty_table()
    found = row_diff((one, none), (other, none), ("department",))
    assert (found.added, found.removed, found.changed) == (0, 0, 1)
    twice = row_diff((pa.concat_tables([one, one]), none), (one, none), ())
    assert (twice.added, twice.removed) == (0, 1)


def test_a_run_that_is_not_there_is_said(lake):
    """As every command does."""
    tickets(lake, "a")
    with pytest.raises(UnknownRun, match="pqr runs"):
        diff(lake, "a", "nope")
