"""Raw lines to typed e-mails and rejects. Pure: bytes in, Arrow tables out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_bronze.fields import FILES, KNOWN, STRUCTURE
from pqr_bronze.schema import EMAILS, RAW_VERSION, REJECTS
from pqr_common import QueryFailed, query, sql_of

__all__ = ["Outcome", "RawObject", "transform"]

NEWLINE = 10
LINE_END = b"}\n"  # how every whole line ends
LINES_A_LOOK = 256  # how many lines Arrow checks at once; of 128 to 1,024 all cost the same


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
    emails, is_clean = _emails(_parsed(lines), lines, provenance)
    suspects = np.flatnonzero(~is_clean)
    if not len(suspects):
        return Outcome(emails, REJECTS.schema.empty_table())
    found = _diagnosed(lines, suspects)
    is_good = pc.is_null(found.column("rule")).to_numpy()
    if emails.column("message_id").take(pa.array(suspects[is_good])).null_count:
        # Good JSON that looked broken at a glance, e.g. with a space before its newline: look at every line.
        emails, _ = _emails(_parsed(_all_valid(lines), is_guarded=True), lines, provenance)
    return Outcome(_kept(emails, found, is_good), _rejects(objects, emails, found.filter(pa.array(~is_good))))


def _parsed(lines: pa.ChunkedArray, *, is_guarded: bool = False) -> pa.Table:
    """The fields of every line. Lines that are plainly broken are null already, so a second look is rare."""
    sql, table = sql_of("pqr_bronze", "sql/parse.sql"), pa.table({"line": lines})
    try:
        return query(sql, {"is_guarded": is_guarded, "structure": STRUCTURE}, lines=table)
    except QueryFailed:
        if is_guarded:
            raise
        return _parsed(lines, is_guarded=True)


def _lines(objects: Sequence[RawObject]) -> tuple[pa.ChunkedArray, pa.Table]:
    """The lines, newline included, as views into the bytes (one chunk per object), and where each came from."""
    bounds = [_bounds(raw.data) for raw in objects]
    chunks = [_views(raw.data, at) for raw, at in zip(objects, bounds, strict=True)]
    counts = [len(at) - 1 for at in bounds]
    provenance = {
        "raw_day": np.repeat(np.array([raw.day for raw in objects], dtype="datetime64[D]"), counts),
        "raw_part": np.repeat(np.array([raw.part for raw in objects], dtype=np.int32), counts),
        "raw_line": np.concatenate([np.arange(count, dtype=np.int32) for count in counts]),
        "raw_offset": np.concatenate([at[:-1] for at in bounds]).astype(np.int64),
    }
    return pa.chunked_array(chunks, pa.utf8()), pa.table(provenance)


def _views(data: bytes, bounds: np.ndarray) -> pa.Array:
    """The lines as text without a copy; null where the bytes are cut short or are not UTF-8, which is quick to see."""
    buffer, ends = np.frombuffer(data, dtype=np.uint8), bounds[1:]
    is_whole = np.diff(bounds) >= len(LINE_END)
    for back, byte in enumerate(reversed(LINE_END), start=1):
        is_whole &= buffer[np.maximum(ends - back, 0)] == byte
    lines = pa.Array.from_buffers(pa.utf8(), len(ends), [None, pa.py_buffer(bounds), pa.py_buffer(data)])
    for begin in range(0, len(lines), LINES_A_LOOK):
        is_whole[list(_undecodable(lines, begin, min(begin + LINES_A_LOOK, len(lines))))] = False
    validity = pa.py_buffer(np.packbits(is_whole, bitorder="little"))
    return pa.Array.from_buffers(pa.utf8(), len(ends), [validity, *lines.buffers()[1:]])


def _undecodable(lines: pa.Array, begin: int, end: int) -> Iterator[int]:
    """The lines from `begin` to before `end` that are not UTF-8: Arrow checks many at once, halving finds the few."""
    try:
        lines[begin:end].validate(full=True)
    except pa.ArrowInvalid:
        if end - begin == 1:
            yield begin
        else:
            middle = (begin + end) // 2
            yield from _undecodable(lines, begin, middle)
            yield from _undecodable(lines, middle, end)


def _bounds(data: bytes) -> np.ndarray:
    """Byte offsets at which lines begin, and the end; a last line without its newline counts too."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == NEWLINE) + 1
    if len(data) and (not len(ends) or ends[-1] != len(data)):
        ends = np.append(ends, len(data))
    return np.concatenate(([0], ends)).astype(np.int32)


def _emails(parsed: pa.Table, lines: pa.ChunkedArray, provenance: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """All lines as if they were valid, and which of them are sure to be."""
    constants, table = {"version": RAW_VERSION, "files": FILES}, parsed.append_column("line", lines)
    derived = query(sql_of("pqr_bronze", "sql/clean.sql"), constants, parsed=table)
    columns = {name: parsed.column(name) for name in EMAILS.schema.names if name in parsed.column_names}
    columns |= {
        "in_reply_to": _ids(parsed.column("in_reply_to")),
        "references": _ids(parsed.column("references")),
        "sent_at": derived.column("sent_at"),
        "attachment_count": derived.column("attachment_count"),
        "attachment_bytes": derived.column("attachment_bytes"),
        "extra_fields": pa.nulls(parsed.num_rows, pa.string()),
    }
    columns |= {name: provenance.column(name) for name in provenance.column_names}
    emails = pa.table({name: columns[name] for name in EMAILS.schema.names})
    return emails, derived.column("is_clean").to_numpy()


def _ids(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Message-IDs with spaces between them; an empty one is none, and a header without any is null."""
    trimmed = pc.ascii_trim(texts, " ")
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _diagnosed(lines: pa.ChunkedArray, suspects: np.ndarray) -> pa.Table:
    """For each line that is not canonical, in order: the rule it breaks, if any, what it adds, and its bytes."""
    raw = pa.chunked_array([_bytes(chunk) for chunk in lines.chunks], pa.binary()).take(pa.array(suspects))
    table = pa.table({"ordinal": pa.array(suspects, pa.int64()), "raw": raw})
    found = query(sql_of("pqr_bronze", "sql/diagnose.sql"), {"version": RAW_VERSION}, suspects=table, known=KNOWN)
    return found.append_column("raw", raw)


def _texts(raw: pa.ChunkedArray) -> pa.Array:
    """Lines as text, without their newlines; bytes that are not UTF-8 as \\xNN."""
    ended = pc.if_else(pc.ends_with(raw, b"\n"), raw, pc.binary_join_element_wise(raw, b"", b"\n")).combine_chunks()
    whole = pc.binary_join(pa.ListArray.from_arrays([0, len(ended)], ended), b"")[0].as_py()
    return pa.array(whole.decode(errors="backslashreplace").split("\n")[:-1], pa.string())


def _kept(emails: pa.Table, found: pa.Table, is_good: np.ndarray) -> pa.Table:
    """The e-mails without the bad lines; good ones carry the fields nobody knows, and Dates in their rarer forms."""
    suspects = found.column("ordinal").to_numpy()
    kept = np.ones(emails.num_rows, dtype=bool)
    kept[suspects[~is_good]] = False
    place = np.full(emails.num_rows, -1)
    place[suspects] = np.arange(len(suspects))
    where = pa.array(place, mask=place < 0)
    dates = found.column("sent_at").cast(emails.schema.field("sent_at").type)
    told = {
        "extra_fields": found.column("extra_fields").take(where),
        "sent_at": pc.coalesce(emails.column("sent_at"), dates.take(where)),
    }
    for name, column in told.items():
        emails = emails.set_column(emails.schema.get_field_index(name), name, column)
    return emails.filter(pa.array(kept))


def _all_valid(lines: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pa.Array.from_buffers(pa.utf8(), len(c), [None, *c.buffers()[1:]]) for c in lines.chunks])


def _bytes(views: pa.Array) -> pa.Array:
    """The same lines as bytes, those that were null included."""
    return pa.Array.from_buffers(pa.binary(), len(views), [None, *views.buffers()[1:]])


def _rejects(objects: Sequence[RawObject], emails: pa.Table, bad: pa.Table) -> pa.Table:
    where = emails.select(["raw_day", "raw_part", "raw_line", "raw_offset"]).take(bad.column("ordinal"))
    keys = pa.table(
        {
            "raw_day": pa.array([raw.day for raw in objects], pa.date32()),
            "raw_part": pa.array([raw.part for raw in objects], pa.int32()),
            "object": [raw.key for raw in objects],
        }
    )
    faults = bad.select(["rule", "reason"]).append_column("raw_text", _texts(bad.column("raw")))
    for name in where.column_names:
        faults = faults.append_column(name, where.column(name))
    named = faults.join(keys, ["raw_day", "raw_part"]).sort_by(
        [("raw_day", "ascending"), ("raw_part", "ascending"), ("raw_line", "ascending")]
    )
    return named.select(REJECTS.schema.names)
