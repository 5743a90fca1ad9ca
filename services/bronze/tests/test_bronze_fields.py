"""The raw line is declared once in this service: its SQL lists and judges exactly the fields of that declaration."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from pqr_bronze import transform as transform_module
from pqr_bronze.schema import RAW_LINES
from pqr_common.tables.sql import sql_of

INNER = {
    (field.name, inner.name): inner.type
    for field in RAW_LINES.schema
    for kind in [field.type.value_type if pa.types.is_list(field.type) else field.type]
    if pa.types.is_struct(kind)
    for inner in kind
}


def test_the_canonical_line_has_the_declared_fields_in_their_order():
    """`clean.sql` writes them down one after another, those of the sender too; attachments it takes whole."""
    declared = [
        name
        for field in RAW_LINES.schema
        for name in [field.name, *(inner for outer, inner in INNER if outer == field.name == "from")]
    ]
    written = sql_of("pqr_bronze", "sql/clean.sql").partition("line = concat(")[2].partition("chr(10)\n        )")[0]
    assert re.findall(r'"(\w+)":', written) == declared


def test_a_line_of_the_declared_fields_is_taken_at_a_glance(read, line, monkeypatch):
    """A line that is written field by field as declared needs no second look."""
    monkeypatch.setattr(transform_module, "_diagnosed", None)
    assert len(read(line()).emails) == 1


@pytest.mark.parametrize("name", RAW_LINES.schema.names)
def test_every_declared_field_is_required(read, mail, written, name):
    """A line without it is refused by its name."""
    without = {key: value for key, value in mail.items() if key != name}
    assert read(written(without)).faults == [("missing_field", f"without {name}")]


@pytest.mark.parametrize("field", list(RAW_LINES.schema), ids=lambda field: field.name)
def test_every_declared_field_has_its_type(read, line, field):
    """A number is none of the types there are; null is one only of the field that may be null."""
    ((rule, _),) = read(line(**{field.name: 1})).faults
    assert rule == "wrong_type"
    assert [rule for rule, _ in read(line(**{field.name: None})).faults] == ([] if field.nullable else ["wrong_type"])


@pytest.mark.parametrize(("outer", "inner"), INNER)
def test_every_declared_inner_field_is_required_with_its_type(read, line, mail, outer, inner):
    """In the sender and in each attachment: missing, or a list, it makes the line one of a wrong type."""
    value = mail[outer]
    whole = value[0] if isinstance(value, list) else value
    for changed in ({key: item for key, item in whole.items() if key != inner}, whole | {inner: []}):
        ((rule, _),) = read(line(**{outer: [changed] if isinstance(value, list) else changed})).faults
        assert rule == "wrong_type"


@pytest.mark.parametrize("outer", sorted({outer for outer, _ in INNER}))
def test_what_is_not_declared_is_drift(read, line, mail, outer):
    """A further field is kept, whether it stands by itself or inside another."""
    value = mail[outer]
    inside = [value[0] | {"x": 1}] if isinstance(value, list) else value | {"x": 1}
    for changes in ({"x": 1}, {outer: inside}):
        (email,) = read(line(**changes)).emails
        assert '"x":1' in email["extra_fields"]
