"""One raw line as it arrived, and what bronze made of it: the row, with what typing changed, or the reject."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow.compute as pc

from pqr_common import Dataset, Lake, Partition, RunRecords, parquet_table, sha256_hex
from pqr_common.errors import UpstreamBroken

__all__ = ["PLACE", "Line", "Place", "by_object", "line_at", "raw_bytes"]

KEY = re.compile(r"(\d{4}-\d\d-\d\d)/part-(\d+)")  # of a raw object, by its day and part
CHUNK = 65_536  # bytes asked for at a time; most lines are much shorter
Place = tuple[date, int, int]  # day and part of the raw object, and the line in it, counted from 0
PLACE = ("raw_day", "raw_part", "raw_line")  # the columns of a row that tell it

# What a line calls it, and the column of bronze that it became.
BECAME = {
    "received_at": "received_at",
    "date": "sent_at",
    "from": "from_name, from_address",
    "to": "to_addresses",
    "references": "references",
    "in_reply_to": "in_reply_to",
    "body": "body",
    "attachments": "attachment_count, attachment_bytes",
}


@dataclass(frozen=True, slots=True)
class Line:
    """The bytes with their place, and the one row of bronze they became: `email`, or `reject` with its rule.

    `changes` are the fields that read otherwise once they are typed: field, as written, column, as typed.
    """

    object: str
    sha256: str
    line: int
    offset: int
    data: bytes
    email: Mapping[str, Any] | None
    reject: Mapping[str, Any] | None
    changes: tuple[tuple[str, str, str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """`raw_base64` are the exact bytes; `raw_text` is for reading, with undecodable bytes as \\xNN."""
        return {
            "object": self.object,
            "object_sha256": self.sha256,
            "line": self.line,
            "offset": self.offset,
            "bytes": len(self.data),
            "line_sha256": sha256_hex(self.data),
            "raw_text": self.text,
            "raw_base64": base64.b64encode(self.data).decode(),
            "bronze": self.email,
            "changes": [dict(zip(("field", "raw", "column", "typed"), each, strict=True)) for each in self.changes],
            "reject": self.reject,
        }

    @property
    def text(self) -> str:
        return self.data.decode(errors="backslashreplace").removesuffix("\n")


def by_object(dataset: Dataset) -> dict[tuple[date, int], Partition]:
    """The partitions that are keyed by day and part, by both: raw objects, and what bronze made of each."""
    keyed = ((KEY.fullmatch(part.key), part) for part in dataset.partitions)
    return {(date.fromisoformat(key[1]), int(key[2])): part for key, part in keyed if key}


def line_at(lake: Lake, records: RunRecords, place: Place) -> Line:
    """The line at a place; raises UpstreamBroken where the run has none."""
    day, number, line = place
    raw = by_object(records.upstream("raw").dataset("emails")).get((day, number))
    bronze = records.upstream("bronze")
    email = _row(lake, bronze.dataset("emails"), place)
    reject = None if email else _row(lake, bronze.dataset("rejects"), place)  # who may read e-mails alone needs no more
    found = email or reject
    if raw is None or found is None:
        raise UpstreamBroken(
            f"A line must be in the raw layer and in bronze, found no line {line} of day {day}, part {number}, in run "
            f"{records.run_id}: see `pqr verify {records.run_id}`."
        )
    offset = found["raw_offset"]
    data = raw_bytes(lake, raw, offset)
    changes = tuple(_changes(json.loads(data), email)) if email else ()
    return Line(raw.path, raw.sha256, line, offset, data, email, reject, changes)


def raw_bytes(lake: Lake, part: Partition, offset: int) -> bytes:
    """The line that begins at this byte of an object, with its newline; only about as much as it has is read."""
    data = b""
    while b"\n" not in data and offset + len(data) < part.bytes:
        rest = part.bytes - offset - len(data)
        data += lake.get_range(part.path, offset + len(data), min(CHUNK, rest))
    return data[: data.find(b"\n") + 1] or data


def _row(lake: Lake, dataset: Dataset, place: Place) -> dict[str, Any] | None:
    day, number, line = place
    part = by_object(dataset).get((day, number))
    if part is None or not part.rows:
        return None
    rows = parquet_table(lake.read(part))
    mine = rows.filter(pc.equal(rows["raw_line"], line)).to_pylist()
    return mine[0] if mine else None


def _changes(raw: Mapping[str, Any], email: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """What typing changed, and the fields that the contract does not know."""
    found = []
    for field, columns in BECAME.items():
        typed = ", ".join(_worded(email[column]) for column in columns.split(", "))
        written = _worded(raw.get(field))
        if written != typed:
            found.append((field, written, columns, typed))
    if email["extra_fields"] is not None:
        found.append(("unknown fields", email["extra_fields"], "extra_fields", email["extra_fields"]))
    return found


def _worded(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
