"""E-mails of one bucket brought into threads: in the order of arrival, each message once, from its request on. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import query, sql_of
from pqr_silver.keys import FACTOR, Fingerprints, fingerprints, ticket_ids
from pqr_silver.schema import REJECTS, SEEN, TICKETS
from pqrs.terms import THREAD_DAYS

__all__ = ["ARRIVAL", "Before", "Named", "Rows", "Threads", "named", "threaded"]

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

NONE = -1
ARRIVAL = ["received_at", "raw_day", "raw_part", "raw_line"]


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier days left of the threads at hand: the last rows of their tickets, and the messages they had."""

    tickets: pa.Table = field(default_factory=TICKETS.schema.empty_table)
    seen: pa.Table = field(default_factory=SEEN.schema.empty_table)


@dataclass(frozen=True, slots=True)
class Named:
    """E-mails, each with the number of its thread in the order of `ids`, and the fingerprint of thread and message."""

    mails: pa.Table
    thread: npt.NDArray[np.int32]
    ids: pa.Array
    prints: Fingerprints


@dataclass(frozen=True, slots=True)
class Threads:
    """Messages by thread and arrival.

    `order` finds a message's row among the e-mails as delivered, `prints` are their fingerprints; `is_reused` says that
    another had its Message-ID before. `thread` numbers its thread from 0, in the order of `ids`. `belongs` says whether
    the message counts for its thread's ticket, which `opens` with one of them unless it is in `old`, the rows of those
    that go on. `is_ticket` says by thread whether it has a ticket to which something happens.
    """

    delivered: pa.Table
    order: Rows
    prints: Fingerprints
    is_reused: Flags
    thread: npt.NDArray[np.int32]
    ids: pa.Array
    belongs: Flags
    opens: Flags
    is_ticket: Flags
    old: pa.Table
    rejects: pa.Table

    def of(self, column: str, messages: Rows | pa.Array | None = None) -> pa.ChunkedArray:
        """A column of all messages, or of some; a null among `messages` gives null."""
        if isinstance(messages, pa.Array):
            rows = pa.array(self.order).take(messages)
        else:
            rows = pa.array(self.order if messages is None else self.order[messages])
        return self.delivered[column].take(rows)


def named(mails: pa.Table) -> Named:
    """Number the threads of these e-mails; a thread is named by its root or, if that is unknown, by its radicado."""
    mails = mails.combine_chunks()  # rows are taken of it column by column, each time from one piece
    root = pc.coalesce(mails["root"], mails["radicado"]).combine_chunks().dictionary_encode()
    ids = ticket_ids(root.dictionary)
    by_id = pc.sort_indices(ids).to_numpy()
    rank = np.empty(len(by_id), np.int32)
    rank[by_id] = np.arange(len(by_id), dtype=np.int32)
    thread = rank[root.indices.to_numpy()]
    return Named(mails, thread, ids.take(pa.array(by_id)), fingerprints(root, mails["message_id"]))


def threaded(given: Named, before: Before) -> Threads:
    """Sort the threads; a message that is delivered again, and says the same, is rejected as a duplicate."""
    order = _order(given)
    original, is_reused = _originals(given, order, before.seen)
    is_kept = original == np.arange(len(order)) + before.seen.num_rows
    kept = order[is_kept]
    thread = given.thread[kept]
    belongs, opens = _lived(given, kept, before.tickets)
    is_ticket = np.zeros(len(given.ids), np.bool_)
    is_ticket[thread[belongs]] = True
    return Threads(
        delivered=given.mails,
        order=kept,
        prints=given.prints[kept],
        is_reused=is_reused[is_kept],
        thread=thread,
        ids=given.ids,
        belongs=belongs,
        opens=opens,
        is_ticket=is_ticket,
        old=before.tickets.filter(pa.array(is_ticket[_threads_of(before.tickets, given.ids)])),
        rejects=_duplicates(given.mails, order, original=original, seen=before.seen),
    )


def _order(given: Named) -> Rows:
    """By thread, day of arrival, arrival, and where the line lies: total, so the order of the input is nothing."""
    mails, thread = given.mails, given.thread.astype(np.int64)
    lies = mails["raw_part"].to_numpy().astype(np.int64) << 32 | mails["raw_line"].to_numpy()
    return np.lexsort((lies, mails["received_at"].to_numpy(), thread << 32 | _days(mails)))


def _originals(given: Named, order: Rows, seen: pa.Table) -> tuple[Rows, Flags]:
    """For each delivery, in order, which one was its message: among those seen before and these, counted together.

    And whether it is another message under a used Message-ID.
    A dictionary numbers fingerprints in the order of their first appearance: a row is a first when it sets a record.
    Whoever writes the same again after THREAD_DAYS is not delivering it again: those few are settled in rounds.
    """
    prints = np.concatenate([seen["fingerprint"].to_numpy(), given.prints[order]])
    content = np.concatenate([seen["content"].to_numpy(), given.mails["content"].to_numpy()[order]])
    day = np.concatenate([_days(seen), _days(given.mails)[order]])
    codes, firsts = _numbered(prints)
    is_other = content != content[firsts[codes]]
    is_mixed = np.isin(codes, codes[is_other]) if is_other.any() else is_other
    if is_other.any():
        codes, firsts = _numbered(np.where(is_mixed, prints + content * FACTOR.astype(np.int64), prints))
    original = firsts[codes]
    while len(expired := np.flatnonzero(day - day[original] > THREAD_DAYS)):
        anew = expired[np.unique(codes[expired], return_index=True)[1]]
        firsts[codes[anew]] = anew
        original[expired] = firsts[codes[expired]]
    original[: seen.num_rows] = np.arange(seen.num_rows)
    is_reused = _reused(prints, day, rows=np.flatnonzero(is_mixed & (original == np.arange(len(original)))))
    return original[seen.num_rows :], is_reused[seen.num_rows :]


def _numbered(prints: Fingerprints) -> tuple[Rows, Rows]:
    """Numbers of fingerprints, and the row in which each number is first."""
    codes = pa.array(prints).dictionary_encode().indices.to_numpy()
    return codes, np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=NONE) > 0)


def _reused(prints: Fingerprints, day: Rows, *, rows: Rows) -> Flags:
    """Which of these messages has the fingerprint of another that came at most THREAD_DAYS before."""
    rows = rows[np.lexsort((rows, day[rows], prints[rows]))]
    is_same = np.diff(prints[rows], prepend=0) == 0
    is_near = np.diff(day[rows], prepend=0) <= THREAD_DAYS
    found = np.zeros(len(prints), np.bool_)
    found[rows[1:]] = (is_same & is_near)[1:]
    return found


def _lived(given: Named, kept: Rows, old: pa.Table) -> tuple[Flags, Flags]:
    """Which messages count for a ticket of their thread, and which of them open one.

    They do from the request on, or from the start where the ticket is there already, up to THREAD_DAYS later.
    """
    thread, day = given.thread[kept], _days(given.mails)[kept]
    begins, ends = np.full(len(given.ids), len(kept)), np.zeros(len(given.ids), np.int64)
    requests = np.flatnonzero(pc.equal(given.mails["kind"], "request").to_numpy()[kept])
    requests = requests[::-1]  # the first one of a thread is written last, and stays
    begins[thread[requests]], ends[thread[requests]] = requests, day[requests] + THREAD_DAYS
    goes_on = _threads_of(old, given.ids)
    begins[goes_on], ends[goes_on] = NONE, _days(old) + THREAD_DAYS
    opens = np.zeros(len(kept) + 1, np.bool_)
    opens[begins] = True  # a thread without its request points behind the last message, as NONE does
    position = np.arange(len(kept))
    return (begins[thread] <= position) & (day <= ends[thread]), opens[:-1]


def _threads_of(tickets: pa.Table, ids: pa.Array) -> Rows:
    if not tickets.num_rows:  # no need to hash all ids
        return np.empty(0, np.intp)
    return np.asarray(pc.index_in(tickets["ticket_id"], value_set=ids).to_numpy(), dtype=np.intp)


def _days(table: pa.Table) -> Rows:
    """The days of arrival, counted from 1970."""
    return np.asarray(table["raw_day"].to_numpy().astype(np.int64))


def _duplicates(mails: pa.Table, order: Rows, *, original: Rows, seen: pa.Table) -> pa.Table:
    """The rejected deliveries, each with the one that was received first."""
    repeated = np.flatnonzero(original != np.arange(len(order)) + seen.num_rows)
    if not len(repeated):
        return REJECTS.schema.empty_table()
    again = mails.select(["message_id", *ARRIVAL]).take(pa.array(order[repeated]))
    lies = np.concatenate([np.arange(seen.num_rows), order + seen.num_rows])
    known = pa.concat_tables([seen.select(ARRIVAL), mails.select(ARRIVAL)], promote_options="permissive")
    firsts = known.take(pa.array(lies[original[repeated]]))
    return query(sql_of("pqr_silver", "sql/duplicates.sql"), again=again, firsts=firsts)
