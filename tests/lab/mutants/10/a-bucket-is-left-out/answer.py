"""Exercise 10: split mails into buckets of whole requests, and merge a bucket."""

import zlib

import pyarrow as pa
import pyarrow.compute as pc


def split(rows: pa.Table, buckets: int) -> dict[int, pa.Table]:
    numbers = pa.array([zlib.crc32(ticket_id.encode()) % buckets for ticket_id in rows["ticket_id"].to_pylist()])
    return {number: rows.filter(pc.equal(numbers, number)) for number in range(buckets - 1)}


def merged(rows: pa.Table) -> pa.Table:
    found = rows.group_by("ticket_id").aggregate([("kind", "count"), ("received_at", "max")])
    return found.rename_columns({"kind_count": "count_emails", "received_at_max": "last_at"})
