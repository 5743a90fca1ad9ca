"""E-mails of one bucket brought into threads: sorted, each message once. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import query, sql_of
from pqr_silver.keys import ticket_ids
from pqr_silver.schema import REJECTS

__all__ = ["Rows", "Threads", "threaded"]

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Threads:
    """Messages by thread, in a thread the request first and then by arrival.

    `order` finds a message's row among the e-mails as delivered. `thread` numbers its thread from 0, in the order
    of `ids`; `is_ticket` says by thread whether its request is here.
    """

    delivered: pa.Table
    order: Rows
    thread: npt.NDArray[np.int32]
    ids: pa.Array
    is_ticket: npt.NDArray[np.bool_]
    rejects: pa.Table

    def of(self, column: str, messages: Rows | None = None) -> pa.ChunkedArray:
        """A column of all messages, or of some."""
        rows = self.order if messages is None else self.order[messages]
        return self.delivered[column].take(pa.array(rows))


def threaded(mails: pa.Table) -> Threads:
    """Sort and number the threads of these e-mails; a message delivered again is rejected as a duplicate."""
    root = pc.coalesce(mails["root"], mails["radicado"]).combine_chunks().dictionary_encode()
    ids = ticket_ids(root.dictionary)
    by_id = pc.sort_indices(ids).to_numpy()
    rank = np.empty(len(by_id), np.int32)
    rank[by_id] = np.arange(len(by_id), dtype=np.int32)
    thread = rank[root.indices.to_numpy()]
    is_request = pc.equal(mails["kind"], "request").to_numpy()
    order = _order(mails, thread, is_request)
    first, original = _first_seen(mails["message_id"].take(pa.array(order)))
    kept = order[first]
    is_ticket = np.zeros(len(ids), np.bool_)
    is_ticket[thread[kept[is_request[kept]]]] = True
    rejects = _duplicates(mails, order[~first], kept[original])
    return Threads(mails, kept, thread[kept], ids.take(pa.array(by_id)), is_ticket, rejects)


def _order(mails: pa.Table, thread: npt.NDArray[np.int32], is_request: npt.NDArray[np.bool_]) -> Rows:
    """By thread, request first, arrival, and where the line lies: total, so the order of the input is nothing."""
    lies = mails["raw_part"].to_numpy().astype(np.int64) << 32 | mails["raw_line"].to_numpy()
    # The day of the raw object follows from the time of arrival, so part and line settle what is left.
    return np.lexsort((lies, mails["received_at"].to_numpy(), thread.astype(np.int64) * 2 + ~is_request))


def _first_seen(ids: pa.ChunkedArray) -> tuple[npt.NDArray[np.bool_], Rows]:
    """Which rows are the first with their id, and for each other row the number of its first among those.

    A dictionary numbers ids in the order of their first appearance: a row is a first when it sets a record.
    """
    codes = ids.combine_chunks().dictionary_encode().indices.to_numpy()
    first = np.diff(np.maximum.accumulate(codes), prepend=-1) > 0
    return first, codes[~first]


def _duplicates(mails: pa.Table, repeated: Rows, original: Rows) -> pa.Table:
    """The rejected deliveries, each with the one that was received first."""
    if not len(repeated):
        return REJECTS.schema.empty_table()
    columns = ["message_id", "received_at", "raw_day", "raw_part", "raw_line"]
    again, firsts = (mails.select(columns).take(pa.array(rows)) for rows in (repeated, original))
    return query(sql_of("pqr_silver", "sql/duplicates.sql"), again=again, firsts=firsts)
