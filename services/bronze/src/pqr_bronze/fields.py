"""The declared fields of a raw line, in the forms in which the SQL of this service takes them. Pure."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from pqr_bronze.schema import RAW_LINES, SINCE

__all__ = ["FILES", "KNOWN", "STRUCTURE"]


def _sql_type(kind: pa.DataType) -> Any:
    """The type as `json_transform` words it: a name, a list of one, or an object."""
    if pa.types.is_list(kind):
        return [_sql_type(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _sql_type(field.type) for field in kind}
    return {pa.string(): "VARCHAR", pa.int64(): "BIGINT"}[kind]


def _json_type(kind: pa.DataType) -> str:
    return "ARRAY" if pa.types.is_list(kind) else "OBJECT" if pa.types.is_struct(kind) else "VARCHAR"


def _inner_keys(kind: pa.DataType) -> list[str]:
    kind = kind.value_type if pa.types.is_list(kind) else kind
    return [field.name for field in kind] if pa.types.is_struct(kind) else []


def _structure() -> dict[str, Any]:
    """What is read out of a line: instants and attachments in the types they are needed in."""
    types = {field.name: _sql_type(field.type) for field in RAW_LINES.schema}
    return types | {"received_at": "TIMESTAMP", "attachments": "JSON"}


STRUCTURE = json.dumps(_structure())
FILES = json.dumps(_sql_type(RAW_LINES.schema.field("attachments").type))
KNOWN = pa.table(
    {
        "key": RAW_LINES.schema.names,
        "kind": [_json_type(field.type) for field in RAW_LINES.schema],
        "since": [SINCE.get(name, "1") for name in RAW_LINES.schema.names],
        "is_nullable": [field.nullable for field in RAW_LINES.schema],
        "inner_keys": pa.array([_inner_keys(field.type) for field in RAW_LINES.schema], pa.list_(pa.string())),
    }
)
