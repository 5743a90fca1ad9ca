"""Exercise 10: split mails into buckets of whole requests, and merge a bucket."""

import zlib

import pyarrow as pa
import pyarrow.compute as pc


def split(rows: pa.Table, buckets: int) -> dict[int, pa.Table]:
    numbers = pa.array([number % buckets for number in range(rows.num_rows)])
    return {number: rows.filter(pc.equal(numbers, number)) for number in range(buckets)}


def merged(rows: pa.Table) -> pa.Table:
    found = rows.group_by("ticket_id").aggregate([("kind", "count"), ("received_at", "max")])
    return found.rename_columns({"kind_count": "count_emails", "received_at_max": "last_at"})
