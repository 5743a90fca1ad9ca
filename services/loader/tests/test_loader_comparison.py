"""Rows in, sentences out."""

from __future__ import annotations

import pyarrow as pa

from pqr_loader.mirror.comparison import differing_rows, worded

KEY = ("id", "seq")


def _table(*rows):
    schema = pa.schema([("id", pa.string()), ("seq", pa.int32()), ("status", pa.string()), ("days", pa.int16())])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def test_equal_tables_differ_in_no_row():
    """Order means nothing and a null equals a null."""
    first, second = ("a", 1, None, 1), ("b", 1, "x", None)
    assert differing_rows(_table(first, second), _table(second, first), KEY) == []


def test_a_key_with_gaps_is_a_key():
    """Rows whose key holds a null are the same row on both sides."""
    mirrored, found = _table((None, 1, "x", 1), ("b", 1, "x", 1)), _table((None, 1, "y", 1), ("b", 1, "x", 1))
    assert [row["wrong"] for row in differing_rows(mirrored, found, KEY)] == ["status"]


def test_each_kind_of_difference_is_named():
    """A row may be missing, be extra, or differ in columns, which are named."""
    mirrored = _table(("a", 1, "x", 1), ("b", 1, "x", 1), ("c", 1, "x", None))
    found = _table(("b", 1, "y", 2), ("c", 1, "x", 0), ("d", 4, "x", 1))
    assert [(row["id"], row["seq"], row["wrong"]) for row in differing_rows(mirrored, found, KEY)] == [
        ("a", "1", "missing"),
        ("b", "1", "status, days"),
        ("c", "1", "days"),
        ("d", "4", "extra"),
    ]


def test_sentences_name_the_row_and_what_to_do():
    """Table, part and key, what was found, and the command that mends it."""
    rows = [{"id": "a", "seq": "1", "wrong": "status"}, {"id": "d", "seq": "4", "wrong": "extra"}]
    assert worded("core.ticket_events part 3", rows, layer="silver", run_id="r1") == [
        (
            "core.ticket_events part 3 must hold id a, seq 1 as silver has it, found another status: "
            "run `pqr publish r1` to load it again."
        ),
        (
            "core.ticket_events part 3 must hold id d, seq 4 as silver has it, found a row that is not in it: "
            "run `pqr publish r1` to load it again."
        ),
    ]


def test_many_differences_are_counted():
    """The first ten are named, the others counted, so that the report stays readable."""
    rows = [{"id": str(number), "wrong": "missing"} for number in range(25)]
    said = worded("core.tickets", rows, layer="silver", run_id="r1")
    assert len(said) == 11
    assert said[-1] == "core.tickets has 15 more rows that differ."
