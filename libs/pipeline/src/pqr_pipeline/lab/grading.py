"""What differs between the rows that a student's work gives and the platform's: the place, and what is wrong there."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.errors import VerificationFailed
from pqr_common.tables.digest import content_digest
from pqr_pipeline.audit.rows import row_diff

__all__ = ["Differs", "must", "same_rows"]

FAMILIES = (
    (pa.types.is_boolean, "true or false"),
    (pa.types.is_integer, "a number"),
    (pa.types.is_floating, "a number"),
    (pa.types.is_decimal, "a number"),
    (pa.types.is_string, "text"),
    (pa.types.is_large_string, "text"),
    (pa.types.is_date, "a day"),
)
SHOWN = 80  # letters of a value


class Differs(VerificationFailed):
    """The work runs, and its result is not what it must be."""


def must(holds: object, sentence: str) -> None:
    """Raises Differs with the sentence unless it holds."""
    if not holds:
        raise Differs(sentence)


def same_rows(what: str, found: object, expected: pa.Table, *, key: tuple[str, ...]) -> None:
    """Raises Differs unless both are the same rows, in any order, by their content digest."""
    given = _shaped(what, found, expected.schema)
    if content_digest(given) == content_digest(expected):
        return
    repeated = given.num_rows - given.group_by(list(key)).aggregate([]).num_rows
    must(not repeated, f"{what} must have one row per {', '.join(key)}, found {repeated:,} rows too many of the same.")
    nothing = expected.slice(0, 0)
    differing = row_diff((expected, nothing), (given, nothing), key)
    counts = (differing.removed, "missing"), (differing.added, "too many"), (differing.changed, "wrong")
    said = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    raise Differs(
        f"{what} must be the {expected.num_rows:,} rows that the platform has, found {said}; "
        f"the first: {_first(differing.listed(key)[0], given, expected, key=key)}."
    )


def _first(difference: dict[str, Any], given: pa.Table, expected: pa.Table, *, key: tuple[str, ...]) -> str:
    names = {name: difference[name] for name in key}
    where = ", ".join(f"{name} {shown(value)}" for name, value in names.items())
    if difference["difference"] == "removed":
        return f"{where} is missing"
    if difference["difference"] == "added":
        return f"{where} is too many"
    columns: Any = difference["columns"]
    ours, theirs = _row(expected, names), _row(given, names)
    told = f"column {columns[0]} is {shown(theirs[columns[0]])} and must be {shown(ours[columns[0]])}"
    return f"{where}: {told}"


def shown(value: object) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else "null" if value is None else str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _row(table: pa.Table, names: dict[str, Any]) -> dict[str, Any]:
    for name, value in names.items():
        table = table.filter(pc.equal(table[name], pa.scalar(value, table[name].type)))
    row: dict[str, Any] = table.to_pylist()[0]
    return row


def _shaped(what: str, found: object, schema: pa.Schema) -> pa.Table:
    """With the expected columns in their order and width; raises Differs for other columns or kinds of values."""
    if not isinstance(found, pa.Table):
        raise Differs(f"{what} must be rows, found {type(found).__name__}.")
    lacking = [name for name in schema.names if name not in found.column_names]
    extra = [name for name in found.column_names if name not in schema.names]
    must(
        not lacking and not extra and found.num_columns == len(schema),
        f"{what} must have the columns {', '.join(schema.names)}, found {', '.join(found.column_names)}.",
    )
    return pa.table([_column(what, found[each.name], each) for each in schema], schema=pa.schema(_nullable(schema)))


def _nullable(schema: pa.Schema) -> list[pa.Field]:
    return [pa.field(each.name, each.type) for each in schema]


def _column(what: str, column: pa.ChunkedArray, wanted: pa.Field) -> pa.ChunkedArray:
    if column.type == wanted.type or not column.null_count < len(column):
        return pc.cast(column, wanted.type)
    must(
        family(column.type) == family(wanted.type),
        f"{what} must have {family(wanted.type)} in the column {wanted.name}, found {family(column.type)}, "
        f"such as {shown(column.drop_null()[0].as_py())!r}.",
    )
    try:
        return pc.cast(column, wanted.type)
    except pa.ArrowInvalid as error:
        raise Differs(f"{what} must fit {wanted.type} in the column {wanted.name}, found that {error}.") from error


def family(kind: pa.DataType) -> str:
    """What sort of value it is, in a word that a person uses."""
    if pa.types.is_timestamp(kind):
        return f"an instant in {kind.tz}" if kind.tz else "a time without a zone"
    return next((word for is_of, word in FAMILIES if is_of(kind)), str(kind))
