"""The first and the last step of silver: split e-mails by thread, fold threads into tickets. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import query
from pqr_silver.events import events_of, rebuilt
from pqr_silver.keys import bucket_numbers, dealt, hashed
from pqr_silver.lives import emails_of, lived
from pqr_silver.placing.mails import MAILS, Buckets, narrowed
from pqr_silver.placing.names import claimed, told, told_once
from pqr_silver.threads import ARRIVAL, Before, Named, threaded
from pqr_silver.tickets import tickets_of

__all__ = ["Refined", "Split", "refined", "split"]


@dataclass(frozen=True, slots=True)
class Split:
    """E-mails by bucket of their root; orphans, what is told of names and claimed of them by bucket of the name."""

    mails: Buckets
    orphans: Buckets
    radicados: Buckets
    claims: Buckets


@dataclass(frozen=True, slots=True)
class Refined:
    """What one bucket of threads amounts to; every e-mail that came in is in `emails` or in `rejects`.

    `superseded` are the old rows of those `tickets` that were there before.
    """

    emails: pa.Table
    tickets: pa.Table
    superseded: pa.Table
    ticket_events: pa.Table
    rejects: pa.Table
    seen: pa.Table
    radicados: pa.Table
    count_reused: int
    continuations: pa.ChunkedArray  # the days of e-mails of threads without a request here
    count_unfaithful: int  # tickets that their own events do not give again


def split(emails: pa.Table, *, buckets: int, pseudonym_key: str) -> Split:
    """Reduce bronze e-mails to what later steps need and deal them out."""
    mails = narrowed(emails, pseudonym_key)
    roots = hashed(mails["root"])
    is_orphan = pc.is_in(mails["thread_rule"], pa.array(["radicado", "in_reply_to"])).to_numpy()
    by_bucket = dealt(mails, np.where(is_orphan, buckets, roots % np.uint64(buckets)))
    orphans = by_bucket.pop(buckets, MAILS.empty_table())
    names = told(mails)
    claims = claimed(mails, roots, names)
    return Split(
        mails=by_bucket,
        orphans=dealt(orphans, bucket_numbers(pc.coalesce(orphans["radicado"], orphans["root"]), buckets)),
        radicados=dealt(names, bucket_numbers(names["name"], buckets)),
        claims=dealt(claims, claims["name"].to_numpy() % np.uint64(buckets)),
    )


def refined(given: Named, before: Before | None = None, *, closing_time: int) -> Refined:
    """Fold e-mails, in any order, into messages, tickets and their events, from where their threads stood before."""
    lives = lived(threaded(given, before or Before()), closing_time)
    old = lives.threads.old
    emails, tickets, events = emails_of(lives), tickets_of(lives), events_of(lives)
    return Refined(
        emails=emails,
        tickets=tickets,
        superseded=old,
        ticket_events=events,
        rejects=lives.threads.rejects,
        seen=emails.select(ARRIVAL)
        .append_column("fingerprint", pa.array(lives.threads.prints))
        .append_column("content", lives.threads.of("content")),
        radicados=told_once(given),
        count_reused=int(lives.threads.is_reused.sum()),
        continuations=emails["raw_day"].filter(emails["is_continuation"]),
        count_unfaithful=_differing(tickets, rebuilt(events, lives.ids, old, closing_time=closing_time)),
    )


def _differing(tickets: pa.Table, again: pa.Table) -> int:
    """How many tickets are not what their events make of them."""
    told = tickets.select(again.column_names)
    if told.equals(again):
        return 0
    different = query("from told except from again", told=told, again=again)
    return int(different.num_rows)
