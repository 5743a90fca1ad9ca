"""What became of the threads of one bucket: the tickets among them live through their messages. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_silver.clock import NOTHING, TYPE_NAMES, Clock, Counts, instants
from pqr_silver.lifecycle import Folded, folded
from pqr_silver.machine import ACKNOWLEDGEMENT, INSISTENCE, KINDS, OTHER_KINDS, REQUEST, Codes
from pqr_silver.phrases import Wordings, understood
from pqr_silver.schema import EMAILS
from pqr_silver.steps import Steps, Tickets
from pqr_silver.threads import Rows, Threads
from pqrs.catalogue import PQRS_TYPES

__all__ = ["Lives", "emails_of", "lived"]

DEFAULT_TYPE = PQRS_TYPES.index("PET_GEN")  # Ley 1755/2015 art. 13: whatever is asked of an authority is a petition [L]
LATE = np.timedelta64(24, "h")

_ALL_KINDS = pa.array(KINDS + OTHER_KINDS)
_OTHER = len(KINDS) + OTHER_KINDS.index("other")


@dataclass(frozen=True, slots=True)
class Lives:
    """All threads, and what became of those that are tickets.

    `ticket` is the ticket of each message, numbered from 0 in the order of ticket ids, or NOTHING; `kind` what the
    message is. `rows` are the messages that are steps of tickets; `steps`, `words` and `life` go along with them.
    `ids`, `old_row` (where its old row is, or NOTHING) and `events_before` are by ticket.
    """

    threads: Threads
    ticket: Tickets
    kind: Codes
    rows: Rows
    steps: Steps
    words: Wordings
    life: Folded
    ids: pa.Array
    old_row: Rows
    events_before: npt.NDArray[np.int32]

    @property
    def count(self) -> int:
        return len(self.ids)


def lived(threads: Threads, closing_time: int) -> Lives:
    """Let the tickets among these threads live through their e-mails, from where they stood."""
    number = np.cumsum(threads.is_ticket) - 1
    ticket = np.where(threads.belongs, number[threads.thread], NOTHING)
    ids = threads.ids.filter(pa.array(threads.is_ticket))
    kind = pc.index_in(threads.of("kind"), value_set=_ALL_KINDS).to_numpy().astype(np.int8)
    # A request that opens nothing is another under a used Message-ID, or written anew when its thread was long over.
    is_again = (kind == REQUEST) & ~threads.opens
    kind[is_again] = np.where(ticket[is_again] != NOTHING, INSISTENCE, _OTHER)
    rows = np.flatnonzero((ticket != NOTHING) & (kind < len(KINDS)))
    words = understood(threads.of("words", rows))
    steps = Steps(
        ticket=ticket[rows],
        kind=kind[rows],
        occurred_at=instants(threads.of("received_at", rows)),
        extension_days=_extensions(threads, rows),
        pqrs_type=_stated_types(words, kind[rows]),
        closing_time=closing_time,
        sent_at=instants(threads.of("sent_at", rows)),
    )
    clock, old_row = Clock.unborn(len(ids)), np.full(len(ids), NOTHING)
    if threads.old.num_rows:
        old = pc.index_in(threads.old["ticket_id"], value_set=ids).to_numpy()
        clock.resume(old, threads.old)
        old_row[old] = np.arange(len(old))
    before = clock.events.copy()
    life = folded(steps, clock)
    kind[rows] = life.kind
    return Lives(threads, ticket, kind, rows, steps, words, life, ids, old_row, before)


def emails_of(lives: Lives) -> pa.Table:
    """Every message once, with its place in a thread and its kind in the context of that thread."""
    threads, has_ticket = lives.threads, lives.ticket != NOTHING
    received_at, sent_at = threads.of("received_at"), threads.of("sent_at")
    is_threaded = pc.not_equal(threads.of("thread_rule"), "none")
    known = {
        "root_message_id": threads.of("root"),
        "ticket_id": threads.ids.take(pa.array(threads.thread, mask=~has_ticket)),
        "kind": _ALL_KINDS.take(pa.array(lives.kind)),
        "is_id_reused": threads.is_reused,
        "direction": pc.if_else(threads.of("is_inbound"), "inbound", "outbound"),
        "received_at": received_at,
        "sent_at": sent_at,
        "is_continuation": pc.and_(pa.array(~has_ticket), is_threaded),
        "is_late": instants(received_at) - instants(sent_at) > LATE,
    }
    return pa.table({name: known[name] if name in known else threads.of(name) for name in EMAILS.schema.names})


def _extensions(threads: Threads, rows: Rows) -> Counts:
    return np.asarray(pc.fill_null(threads.of("extension_days", rows), 0).to_numpy())


def _stated_types(words: Wordings, kind: Codes) -> Codes:
    """The type that a request or an acknowledgement states."""
    stated = words.coded("pqrs_type", TYPE_NAMES)
    stated = np.where((kind == REQUEST) & (stated == NOTHING), np.int8(DEFAULT_TYPE), stated)
    return np.where(np.isin(kind, (REQUEST, ACKNOWLEDGEMENT)), stated, np.int8(NOTHING))
