"""The threads of one bucket as messages, tickets and events. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_silver.clock import NONE, assigned_types, clocks, first_rows, instants
from pqr_silver.lifecycle import Folded, Steps, folded
from pqr_silver.machine import (
    ACKNOWLEDGEMENT,
    ACTORS,
    EVENT_TYPES,
    EXTENSION,
    KINDS,
    OTHER_KINDS,
    REQUEST,
    STATUSES,
)
from pqr_silver.phrases import Wordings, located, understood
from pqr_silver.schema import EMAILS
from pqr_silver.threads import Rows, Threads
from pqrs import terms

__all__ = ["Lives", "emails_of", "events_of", "lived", "tickets_of"]

DEFAULT_TYPE = "PET_GEN"  # Ley 1755/2015 art. 13: whatever is asked of an authority is a petition [L]
LATE = np.timedelta64(24, "h")

Tickets: TypeAlias = npt.NDArray[np.integer[Any]]

_ALL_KINDS = pa.array(KINDS + OTHER_KINDS)
_STATUS = pa.array([None, *STATUSES[1:]])


@dataclass(frozen=True, slots=True)
class Lives:
    """All threads, and what became of those that are tickets.

    `ticket` is the ticket of each message, numbered from 0 in the order of ticket ids, or NONE. `rows` are the
    messages that are steps of tickets; `steps`, `words`, `stated_types` and `life` go along with them.
    """

    threads: Threads
    ticket: Tickets
    rows: Rows
    steps: Steps
    words: Wordings
    stated_types: pa.ChunkedArray
    types: dict[str, Any]  # by ticket
    life: Folded

    @property
    def count(self) -> int:
        return len(self.types["pqrs_type"])


def lived(threads: Threads) -> Lives:
    """Let the tickets among these threads live through their e-mails."""
    number = np.where(threads.is_ticket, np.cumsum(threads.is_ticket) - 1, NONE)
    ticket = number[threads.thread]
    kind = pc.index_in(threads.of("kind"), value_set=_ALL_KINDS).to_numpy().astype(np.int8)
    rows = np.flatnonzero((ticket != NONE) & (kind < len(KINDS)))
    steps = Steps(
        ticket=ticket[rows],
        kind=kind[rows],
        occurred_at=instants(threads.of("received_at", rows)),
        extension_days=pc.fill_null(threads.of("extension_days", rows), 0).to_numpy(),
        sent_at=instants(threads.of("sent_at", rows)),
    )
    words = understood(threads.of("words", rows))
    stated = _stated_types(words, steps.kind)
    types = assigned_types(steps, stated, int(threads.is_ticket.sum()))
    received_on = terms.received_on(steps.occurred_at[steps.kind == REQUEST])
    life = folded(steps, received_on, terms.term_days(types["pqrs_type"], received_on))
    return Lives(threads, ticket, rows, steps, words, stated, types, life)


def emails_of(lives: Lives) -> pa.Table:
    """Every message once, with its place in a thread and its kind in the context of that thread."""
    threads, has_ticket = lives.threads, lives.ticket != NONE
    kind = pc.index_in(threads.of("kind"), value_set=_ALL_KINDS).to_numpy().copy()
    kind[lives.rows] = lives.life.kind
    received_at, sent_at = threads.of("received_at"), threads.of("sent_at")
    is_threaded = pc.not_equal(threads.of("thread_rule"), "none")
    known = {
        "root_message_id": threads.of("root"),
        "ticket_id": threads.ids.take(pa.array(threads.thread, mask=~has_ticket)),
        "kind": _ALL_KINDS.take(pa.array(kind)),
        "direction": pc.if_else(threads.of("is_inbound"), "inbound", "outbound"),
        "received_at": received_at,
        "sent_at": sent_at,
        "is_continuation": pc.and_(pa.array(~has_ticket), is_threaded),
        "is_late": instants(received_at) - instants(sent_at) > LATE,
    }
    return pa.table({name: known[name] if name in known else threads.of(name) for name in EMAILS.schema.names})


def events_of(lives: Lives) -> pa.Table:
    """The steps of all tickets, each with what a ticket's clock needs to be rebuilt from them."""
    threads, life = lives.threads, lives.life
    ticket_id = threads.ids.take(pa.array(threads.thread[lives.rows]))
    seq = _positions(lives.steps.ticket)
    numbers = pa.array([f"{number:02d}" for number in range(int(seq.max(initial=0)) + 1)])
    kind = pa.array(life.kind)
    return pa.table(
        {
            "event_id": pc.binary_join_element_wise(ticket_id, numbers.take(pa.array(seq)), "-"),
            "ticket_id": ticket_id,
            "seq": seq.astype(np.int32),
            "event_type": pa.array(EVENT_TYPES).take(kind),
            "occurred_at": threads.of("received_at", lives.rows),
            "actor": pa.array(ACTORS).take(kind),
            "message_id": threads.of("message_id", lives.rows),
            "from_status": _STATUS.take(pa.array(life.before)),
            "to_status": _STATUS.take(pa.array(life.after)),
            "is_effective": life.is_effective,
            "pqrs_type": lives.stated_types,
            "extension_days": pa.array(life.extension_days, mask=life.kind != EXTENSION),
        }
    )


def tickets_of(lives: Lives) -> pa.Table:
    """One row per ticket: what its request and its acknowledgement say, beside its clock.

    An acknowledgement assigns type, topic and dependency; until there is one the request's own words count.
    """
    threads, counted = lives.threads, lives.ticket != NONE
    first = np.flatnonzero(lives.steps.kind == REQUEST)
    requests = lives.rows[first]
    denying = lives.ticket[counted & threads.of("is_access_denied").to_numpy()]
    place = located(threads.of("place", requests))
    facts = _assignments(lives, pa.array(first)) | {
        "ticket_id": threads.ids.take(pa.array(threads.thread[requests])),
        "root_message_id": threads.of("message_id", requests),
        "department": place.of("department"),
        "municipality": place.of("municipality"),
        "opened_at": threads.of("received_at", requests),
        "is_access_denied": np.bincount(denying, minlength=lives.count) > 0,
        "count_emails": np.bincount(lives.ticket[counted], minlength=lives.count),
    }
    facts |= {name: threads.of(name, requests) for name in ("citizen_key", "raw_day", "raw_part", "raw_line")}
    return pa.table(facts | clocks(lives.steps, lives.life))


def _assignments(lives: Lives, request: pa.Array) -> dict[str, pa.Array | pa.ChunkedArray]:
    """`request` finds each ticket's request among the steps."""
    words, radicado = lives.words, lives.threads.of("radicado", lives.rows)
    acknowledgement = _first_step(lives, lives.steps.kind == ACKNOWLEDGEMENT)
    told = {
        name: pc.coalesce(words.of(name, acknowledgement), words.of(name, request))
        for name in ("topic", "dependency", "priority")
    }
    stating = _first_step(lives, radicado.is_valid().to_numpy())
    return told | lives.types | {"radicado": radicado.take(stating)}


def _first_step(lives: Lives, chosen: npt.NDArray[np.bool_]) -> pa.Array:
    found = first_rows(lives.steps, chosen, lives.count)
    return pa.array(found, mask=found == NONE)


def _stated_types(words: Wordings, kind: npt.NDArray[np.int8]) -> pa.ChunkedArray:
    """The type code that a request or an acknowledgement states."""
    stated = words.of("pqrs_type")
    return pc.if_else(pc.and_(pa.array(kind == REQUEST), pc.is_null(stated)), DEFAULT_TYPE, stated)


def _positions(ticket: Tickets) -> npt.NDArray[np.int64]:
    """Counts each ticket's steps from 1; equal tickets stand together."""
    starts = np.flatnonzero(np.diff(ticket, prepend=NONE))
    lengths = np.diff(starts, append=len(ticket))
    return np.arange(1, len(ticket) + 1) - np.repeat(starts, lengths)
