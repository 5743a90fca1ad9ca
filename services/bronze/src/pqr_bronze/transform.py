"""Raw lines to typed e-mails and rejects. Pure: bytes in, Arrow tables out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_bronze.schema import EMAILS, REJECTS
from pqr_common.calculator import query, sql_of

__all__ = ["Outcome", "RawObject", "transform"]

NEWLINE = 10
TAKEN_AS_IT_IS = [
    name
    for name in EMAILS.schema.names
    if name
    in {
        "message_id",
        "in_reply_to",
        "direction",
        "received_at",
        "from_name",
        "from_address",
        "to_addresses",
        "subject",
        "body",
        "auto_submitted",
    }
]


@dataclass(frozen=True, slots=True)
class RawObject:
    """The bytes of one raw object and where it lies."""

    key: str
    day: date
    part: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every line is in exactly one of the two."""

    emails: pa.Table
    rejects: pa.Table


def transform(objects: Sequence[RawObject]) -> Outcome:
    """Read every line of these raw objects; the order of objects and lines is kept."""
    lines, provenance = _lines(objects)
    parsed = query(sql_of("pqr_bronze", "sql/parse.sql"), lines=pa.table({"line": lines}))
    derived = query(sql_of("pqr_bronze", "sql/clean.sql"), parsed=parsed.append_column("line", lines))
    emails = _emails(parsed, derived, provenance)
    is_clean = derived.column("is_clean").to_numpy()
    if is_clean.all():
        return Outcome(emails, REJECTS.schema.empty_table())
    return _with_suspects(objects, emails, lines, np.flatnonzero(~is_clean))


def _lines(objects: Sequence[RawObject]) -> tuple[pa.ChunkedArray, pa.Table]:
    """The lines, newline included, as views into the bytes (one chunk an object), and where each came from."""
    bounds = [_bounds(raw.data) for raw in objects]
    chunks = [
        pa.Array.from_buffers(pa.utf8(), len(at) - 1, [None, pa.py_buffer(at), pa.py_buffer(raw.data)])
        for raw, at in zip(objects, bounds, strict=True)
    ]
    counts = [len(at) - 1 for at in bounds]
    provenance = {
        "raw_day": np.repeat(np.array([raw.day for raw in objects], dtype="datetime64[D]"), counts),
        "raw_part": np.repeat(np.array([raw.part for raw in objects], dtype=np.int32), counts),
        "raw_line": np.concatenate([np.arange(count, dtype=np.int32) for count in counts]),
        "raw_offset": np.concatenate([at[:-1] for at in bounds]).astype(np.int64),
    }
    return pa.chunked_array(chunks, pa.utf8()), pa.table(provenance)


def _bounds(data: bytes) -> np.ndarray:
    """Byte offsets at which lines begin, and the end; a last line without its newline counts too."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == NEWLINE) + 1
    if len(data) and (not len(ends) or ends[-1] != len(data)):
        ends = np.append(ends, len(data))
    return np.concatenate(([0], ends)).astype(np.int32)


def _emails(parsed: pa.Table, derived: pa.Table, provenance: pa.Table) -> pa.Table:
    """All lines as if they were valid; the caller drops those that are not."""
    columns = {name: parsed.column(name) for name in TAKEN_AS_IT_IS}
    references = parsed.column("references")
    columns |= {
        "references": pc.if_else(pc.equal(references, ""), None, references),
        "sent_at": derived.column("sent_at"),
        "attachment_count": derived.column("attachment_count"),
        "attachment_bytes": derived.column("attachment_bytes"),
        "extra_fields": pa.nulls(parsed.num_rows, pa.string()),
    }
    columns |= {name: provenance.column(name) for name in provenance.column_names}
    return pa.table({name: columns[name] for name in EMAILS.schema.names})


def _with_suspects(
    objects: Sequence[RawObject], emails: pa.Table, lines: pa.ChunkedArray, suspects: np.ndarray
) -> Outcome:
    """Diagnose the lines that are not canonical: reject the bad ones, keep the others with what they add."""
    raw_lines = pa.chunked_array([chunk.view(pa.binary()) for chunk in lines.chunks]).take(pa.array(suspects))
    found = query(
        sql_of("pqr_bronze", "sql/diagnose.sql"),
        suspects=pa.table({"ordinal": pa.array(suspects, pa.int64()), "raw": raw_lines}),
    )
    is_bad = pc.is_valid(found.column("rule")).to_numpy()
    kept = np.ones(emails.num_rows, dtype=bool)
    kept[suspects[is_bad]] = False
    extra = np.full(emails.num_rows, None, dtype=object)
    extra[suspects] = found.column("extra_fields").to_numpy()
    column = emails.schema.get_field_index("extra_fields")
    emails = emails.set_column(column, "extra_fields", pa.array(extra, pa.string()))
    return Outcome(emails.filter(pa.array(kept)), _rejects(objects, emails, found.filter(pa.array(is_bad))))


def _rejects(objects: Sequence[RawObject], emails: pa.Table, bad: pa.Table) -> pa.Table:
    where = emails.select(["raw_day", "raw_part", "raw_line", "raw_offset"]).take(bad.column("ordinal"))
    keys = pa.table(
        {
            "raw_day": pa.array([raw.day for raw in objects], pa.date32()),
            "raw_part": pa.array([raw.part for raw in objects], pa.int32()),
            "object": [raw.key for raw in objects],
        }
    )
    faults = bad.select(["rule", "reason"]).append_column("raw_text", pc.utf8_rtrim(bad.column("raw_text"), "\n"))
    for name in where.column_names:
        faults = faults.append_column(name, where.column(name))
    named = faults.join(keys, ["raw_day", "raw_part"]).sort_by(
        [("raw_day", "ascending"), ("raw_part", "ascending"), ("raw_line", "ascending")]
    )
    return named.select(REJECTS.schema.names)
