"""What a day must know of the days before it, found among the partitions of the run that it continues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import Manifest, Partition, TaskContext
from pqr_silver.schema import RADICADOS, SEEN, TICKETS
from pqr_silver.threads import Before, Named, Rows
from pqrs.terms import THREAD_DAYS

__all__ = ["latest", "long_ago", "old_names", "old_roots", "overlapping", "reach", "recalled", "recent"]

_ROOT = pa.schema([TICKETS.schema.field("root_message_id")])
STALE = np.timedelta64(THREAD_DAYS - 1, "D")


def reach(day: date) -> str:
    """The first day that still matters on this day, as ISO 8601 text: no thread that began before takes mail."""
    return (day - timedelta(days=THREAD_DAYS)).isoformat()


def recent(parts: Iterable[Partition], since: str) -> list[Partition]:
    """Those that reach into the days from `since` on; instants are UTC, which is never a day behind."""
    return [part for part in parts if part.max_at is not None and part.max_at >= since]


def overlapping(manifest: Manifest, dataset: str, *, bucket: int, buckets: int) -> list[Partition]:
    """The partitions with rows that may be in this bucket, in the order in which they were made.

    Counts of buckets are powers of two, so a bucket of fewer holds whole buckets of more.
    """
    parts = [part for part in manifest.dataset(dataset).partitions if part.rows and part.sign > 0]
    return [part for part in parts if _meets(part.key, bucket, buckets)]


def _meets(key: str, bucket: int, buckets: int) -> bool:
    """A key is `from=DAY/bucket=00003-of-00008` and maybe more."""
    number, _, count = key.partition("bucket=")[2].partition("/")[0].partition("-of-")
    return (int(number) - bucket) % min(int(count), buckets) == 0


def recalled(given: Named, parts: Sequence[Partition], *, since: str, context: TaskContext) -> Before:
    """The last rows of the tickets of these threads, and the messages among these that had come before."""
    if not parts:
        return Before()
    tickets = [part for part in parts if part.dataset == TICKETS.dataset]
    near = recent(tickets, since)
    found = _rows_of(near, given.ids, context)
    stale = long_ago(given)
    if len(stale):
        far = [part for part in tickets if part not in near]
        found += _rows_of(far, stale.filter(pc.invert(pc.is_in(stale, _ids(found)))), context)
    seen = recent((part for part in parts if part.dataset == SEEN.dataset), since)
    prints = pa.array(np.unique(given.prints))
    return Before(
        tickets=pa.concat_tables([TICKETS.schema.empty_table(), *found]),
        seen=pa.concat_tables([SEEN.schema.empty_table(), *_seen(seen, prints, context)]),
    )


def old_names(parts: Iterable[Partition], context: TaskContext) -> list[pa.Table]:
    """What names were told to stand for."""
    return [context.read(part, RADICADOS.schema.names) for part in parts if part.dataset == RADICADOS.dataset]


def old_roots(parts: Iterable[Partition], context: TaskContext) -> pa.Table:
    """The roots of threads that had their tickets before, however long ago."""
    roots = [context.read(part, ["root_message_id"]).cast(_ROOT) for part in parts if part.dataset == TICKETS.dataset]
    return pa.concat_tables([_ROOT.empty_table(), *roots])


def latest(parts: Sequence[pa.ChunkedArray], wanted: pa.Array) -> list[Rows]:
    """For each part, from the oldest, the rows with a wanted id that no later part has."""
    is_found = np.zeros(len(wanted), np.bool_)
    chosen: list[Rows] = []
    for ids in reversed(parts):
        number = pc.fill_null(pc.index_in(ids, value_set=wanted), -1).to_numpy()
        rows = np.flatnonzero(number >= 0)
        rows = rows[~is_found[number[rows]]]
        is_found[number[rows]] = True
        chosen.insert(0, rows)
    return chosen


def _rows_of(parts: Sequence[Partition], ids: pa.Array, context: TaskContext) -> list[pa.Table]:
    """Ids are looked for first: most of what is old has none of them."""
    chosen = latest([context.read(part, ["ticket_id"])["ticket_id"] for part in parts] if len(ids) else [], ids)
    pairs = zip(parts, chosen, strict=False)
    names = TICKETS.schema.names
    return [context.read(part, names).take(pa.array(rows)).cast(TICKETS.schema) for part, rows in pairs if len(rows)]


def _seen(parts: Iterable[Partition], prints: pa.Array, context: TaskContext) -> Iterable[pa.Table]:
    for part in parts:
        is_known = pc.is_in(context.read(part, ["fingerprint"])["fingerprint"], prints)
        if pc.any(is_known).as_py():
            yield context.read(part, SEEN.schema.names).filter(is_known).cast(SEEN.schema)


def long_ago(given: Named) -> pa.Array:
    """Threads of requests dated so long ago that one may have come before anything recent: copies keep their date."""
    mails = given.mails
    age = mails["received_at"].to_numpy() - mails["sent_at"].to_numpy()
    is_stale = (age > STALE) & pc.equal(mails["kind"], "request").to_numpy()
    return given.ids.take(pa.array(np.unique(given.thread[is_stale])))


def _ids(tables: Iterable[pa.Table]) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for table in tables for chunk in table["ticket_id"].chunks], type=pa.string())
