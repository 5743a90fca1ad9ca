"""Raw lines to typed e-mails and rejects. Pure: bytes in, Arrow tables out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_bronze.fields import FILES, KNOWN, STRUCTURE
from pqr_bronze.html import plain_text
from pqr_bronze.lines import Lines, RawObject, as_bytes, as_text, lines_of
from pqr_bronze.schema import EMAILS, REJECTS
from pqr_common import QueryFailed, query, sql_of
from pqrs.calendar import UTC_OFFSET

__all__ = ["Outcome", "transform"]

TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every line is in exactly one of the two."""

    emails: pa.Table
    rejects: pa.Table


def transform(objects: Sequence[RawObject]) -> Outcome:
    """Read every line of these raw objects; the order of objects and lines is kept."""
    lines = lines_of(objects)
    emails, is_clean = _emails(_parsed(lines.texts), lines)
    suspects = np.flatnonzero(~is_clean)
    if not len(suspects):
        return Outcome(emails, REJECTS.schema.empty_table())
    found = _diagnosed(lines, suspects)
    is_good = pc.is_null(found.column("rule")).to_numpy()
    if emails.column("message_id").take(pa.array(suspects[is_good])).null_count:
        # Good JSON that looked broken at a glance, e.g. with a space before its newline: look at every line.
        emails, _ = _emails(_parsed(lines.all_valid, is_guarded=True), lines)
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


def _emails(parsed: pa.Table, lines: Lines) -> tuple[pa.Table, np.ndarray]:
    """All lines as if they were valid, and which of them are sure to be."""
    constants = {"files": FILES, "utc_offset": UTC_OFFSET}
    table = parsed.append_column("line", lines.texts).append_column("raw_day", lines.provenance["raw_day"])
    derived = query(sql_of("pqr_bronze", "sql/clean.sql"), constants, parsed=table)
    columns = {name: parsed.column(name) for name in EMAILS.schema.names if name in parsed.column_names}
    columns |= {
        "in_reply_to": _ids(parsed.column("in_reply_to")),
        "references": _ids(parsed.column("references")),
        "sent_at": derived.column("sent_at"),
        "body": _read(parsed.column("body"), derived.column("is_html").combine_chunks()),
        "attachment_count": derived.column("attachment_count"),
        "attachment_bytes": derived.column("attachment_bytes"),
        "extra_fields": pa.nulls(parsed.num_rows, pa.string()),
    }
    columns |= {name: lines.provenance.column(name) for name in lines.provenance.column_names}
    emails = pa.table({name: columns[name] for name in EMAILS.schema.names})
    return emails, derived.column("is_clean").to_numpy()


def _ids(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Message-IDs with spaces between them; an empty one is none, and a header without any is null."""
    trimmed = pc.ascii_trim(texts, " ")
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _read(bodies: pa.ChunkedArray, is_html: pa.Array) -> pa.ChunkedArray:
    """The bodies as text, those that are HTML among them."""
    if not is_html.true_count:
        return bodies
    found = [None if body is None else plain_text(body) for body in bodies.filter(is_html).to_pylist()]
    return pc.replace_with_mask(bodies, is_html, pa.array(found, bodies.type))


def _diagnosed(lines: Lines, suspects: np.ndarray) -> pa.Table:
    """For each line that is not canonical, in order: the rule it breaks, if any, what it adds, and its bytes."""
    rows = pa.array(suspects)
    raw = pa.chunked_array([as_bytes(chunk) for chunk in lines.texts.chunks], pa.binary()).take(rows)
    table = pa.table({"ordinal": rows, "raw": raw, "day": lines.provenance["raw_day"].take(rows)})
    found = query(sql_of("pqr_bronze", "sql/diagnose.sql"), {"utc_offset": UTC_OFFSET}, suspects=table, known=KNOWN)
    if lines.too_long:
        reasons = pa.array([lines.too_long.get(ordinal) for ordinal in suspects.tolist()], pa.string())
        is_long = reasons.is_valid()
        told = {"rule": pc.if_else(is_long, TOO_LONG, found["rule"]), "reason": pc.coalesce(reasons, found["reason"])}
        for name, column in told.items():
            found = found.set_column(found.schema.get_field_index(name), name, column)
    return found.append_column("raw", raw)


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


def _rejects(objects: Sequence[RawObject], emails: pa.Table, bad: pa.Table) -> pa.Table:
    where = emails.select(["raw_day", "raw_part", "raw_line", "raw_offset"]).take(bad.column("ordinal"))
    keys = pa.table(
        {
            "raw_day": pa.array([raw.day for raw in objects], pa.date32()),
            "raw_part": pa.array([raw.part for raw in objects], pa.int32()),
            "object": [raw.key for raw in objects],
        }
    )
    faults = bad.select(["rule", "reason"]).append_column("raw_text", as_text(bad.column("raw")))
    for name in where.column_names:
        faults = faults.append_column(name, where.column(name))
    named = faults.join(keys, ["raw_day", "raw_part"]).sort_by(
        [("raw_day", "ascending"), ("raw_part", "ascending"), ("raw_line", "ascending")]
    )
    return named.select(REJECTS.schema.names)
