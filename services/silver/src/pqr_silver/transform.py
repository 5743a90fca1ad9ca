"""The three steps of silver: split e-mails by thread, find the threads of orphans, fold threads into tickets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import query, sql_of
from pqr_silver.clock import rebuilt
from pqr_silver.keys import bucket_numbers, dealt, pseudonyms
from pqr_silver.schema import MAILS, RADICADOS
from pqr_silver.threads import threaded
from pqr_silver.tickets import emails_of, events_of, lived, tickets_of
from pqrs import wording

__all__ = ["Refined", "Split", "refined", "resolved", "split"]

WORDING = {kind: subject for kind, subject in wording.SUBJECTS.items() if kind != "insistence"} | {
    "radicado_tag": wording.RADICADO_TAG,
    "radicado_digits": wording.RADICADO_DIGITS,
    "mailer_daemon": wording.MAILER_DAEMON,
    "type": wording.TYPE,
    "home": wording.HOME,
    "extension_days": wording.EXTENSION,
    "access_denied": f"{wording.DECISION}{wording.ACCESS_DENIED}",
}

Buckets = Mapping[int, pa.Table]


@dataclass(frozen=True, slots=True)
class Split:
    """E-mails by bucket of their root; orphans, and the roots of known radicados, by bucket of the radicado."""

    mails: Buckets
    orphans: Buckets
    radicados: Buckets


@dataclass(frozen=True, slots=True)
class Refined:
    """What one bucket of threads amounts to; every e-mail that came in is in `emails` or in `rejects`."""

    emails: pa.Table
    tickets: pa.Table
    ticket_events: pa.Table
    rejects: pa.Table
    count_continuations: int
    count_unfaithful: int  # tickets that their own events do not give again


def split(emails: pa.Table, *, buckets: int, pseudonym_key: str, is_resumed: bool) -> Split:
    """Reduce bronze e-mails to what later steps need and deal them out.

    `is_resumed`: the window begins in a running inbox. Then acknowledgements may lie before it, and any e-mail
    that states both root and radicado tells orphans where they belong.
    """
    mails = _narrow(emails, pseudonym_key)
    is_orphan = pc.equal(mails["thread_rule"], "radicado").to_numpy()
    by_bucket = dealt(mails, np.where(is_orphan, buckets, bucket_numbers(mails["root"], buckets)))
    orphans = by_bucket.pop(buckets, MAILS.empty_table())
    telling = mails["radicado"].is_valid() if is_resumed else pc.equal(mails["kind"], "acknowledgement")
    radicados = _distinct(mails.select(RADICADOS.names).filter(pc.and_(telling, pa.array(~is_orphan))))
    return Split(
        mails=by_bucket,
        orphans=dealt(orphans, bucket_numbers(orphans["radicado"], buckets)),
        radicados=dealt(radicados, bucket_numbers(radicados["radicado"], buckets)),
    )


def resolved(orphans: pa.Table, radicados: pa.Table, *, buckets: int) -> Buckets:
    """Give orphans the root of the thread their radicado belongs to, and deal them out with the other e-mails."""
    found = query(sql_of("pqr_silver", "sql/resolve.sql"), orphans=orphans, radicados=radicados)
    found = found.select(MAILS.names).cast(MAILS)
    return dealt(found, bucket_numbers(pc.coalesce(found["root"], found["radicado"]), buckets))


def refined(mails: pa.Table) -> Refined:
    """Fold the e-mails of whole threads, in any order, into messages, tickets and their events."""
    lives = lived(threaded(mails))
    emails, tickets, events = emails_of(lives), tickets_of(lives), events_of(lives)
    return Refined(
        emails=emails,
        tickets=tickets,
        ticket_events=events,
        rejects=lives.threads.rejects,
        count_continuations=pc.sum(emails["is_continuation"], min_count=0).as_py(),
        count_unfaithful=_differing(tickets, rebuilt(events)),
    )


def _differing(tickets: pa.Table, again: pa.Table) -> int:
    """How many tickets are not what their events make of them."""
    told = tickets.select(again.column_names)
    if told.equals(again):
        return 0
    different = query("from told except from again", told=told, again=again)
    return int(different.num_rows)


def _narrow(emails: pa.Table, pseudonym_key: str) -> pa.Table:
    facts = query(sql_of("pqr_silver", "sql/extract.sql"), WORDING, emails=emails)
    facts = facts.append_column("citizen_key", pseudonyms(facts["citizen"], pseudonym_key))
    return pa.table([(facts if name in facts.column_names else emails)[name] for name in MAILS.names], schema=MAILS)


def _distinct(table: pa.Table) -> pa.Table:
    return table.group_by(table.column_names, use_threads=False).aggregate([])
