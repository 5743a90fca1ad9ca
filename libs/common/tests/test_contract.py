"""Contracts: what a table must be, in sentences about what it is instead."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pqr_common.manifest.values import Dataset, schema_fields
from pqr_common.tables.contract import Contract, Rule, conform, optional, required, unmet, violations

CONTRACT = Contract(
    dataset="things",
    grain="one row a thing",
    schema=pa.schema([*required(id=pa.string()), *optional(size=pa.int32())]),
    key=("id",),
    rules=(Rule("positive", "validity", "size > 0"),),
)


def _table(*rows):
    return pa.table(
        {"id": pa.array([r[0] for r in rows], pa.string()), "size": pa.array([r[1] for r in rows], pa.int64())}
    )


def test_columns_are_declared_by_name_in_their_order():
    """Required ones refuse nulls, optional ones take them; any name will do, a keyword of Python too."""
    fields = [*required(id=pa.string(), **{"from": pa.date32()}), *optional(size=pa.int32())]
    assert [(f.name, f.type, f.nullable) for f in fields] == [
        ("id", pa.string(), False),
        ("from", pa.date32(), False),
        ("size", pa.int32(), True),
    ]


def test_a_table_that_keeps_its_contract_has_no_violations():
    """Null counts as holding a rule; an empty table keeps everything."""
    assert violations(conform(_table(("a", 1), ("b", None)), CONTRACT), CONTRACT) == []
    assert violations(CONTRACT.schema.empty_table(), CONTRACT) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", 1), (None, 2)], "column 'id' must not be null and is in 1 rows"),
        ([("a", 1), ("a", 2)], r"key \(id\) must be unique and repeats in 1 rows"),
        ([("a", 1), ("b", 0), ("c", -1)], r"rule 'positive' \(size > 0\) is broken by 2 rows"),
    ],
)
def test_each_broken_promise_is_said_with_its_count(rows, said):
    """Required columns, the key and the rules each have their sentence."""
    with pytest.raises(AssertionError, match=said):
        assert violations(_table(*rows), CONTRACT) == []


def test_a_table_takes_the_columns_types_and_order_of_its_contract():
    """More columns are dropped, types are cast, chunks are joined."""
    given = pa.table({"size": pa.array([1], pa.int64()), "more": ["x"], "id": ["a"]})
    assert conform(given, CONTRACT).schema == CONTRACT.schema


def test_a_value_that_does_not_fit_is_not_cut():
    """A cast that would lose something is refused."""
    with pytest.raises(pa.ArrowInvalid):
        conform(_table(("a", 2**40)), CONTRACT)


@pytest.mark.parametrize(
    ("offered", "lacking"),
    [
        (pa.schema([pa.field("id", pa.string(), nullable=False), ("size", pa.int32())]), []),
        (pa.schema([("id", pa.string())]), ["id: string not null", "size: int32"]),
        (pa.schema([pa.field("id", pa.string(), nullable=False), ("size", pa.int64())]), ["size: int32"]),
        (pa.schema([pa.field(n, t, nullable=False) for n, t in (("id", pa.string()), ("size", pa.int32()))]), []),
    ],
)
def test_what_a_reader_needs_is_compared_with_what_is_offered(offered, lacking):
    """Name and type must agree; a column that is never null may stand for one that can be."""
    assert unmet(CONTRACT, Dataset("things", "g", schema_fields(offered), ())) == lacking
