"""The three steps of silver: split e-mails by thread, find the threads of orphans, fold threads into tickets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import query, sql_of
from pqr_silver.events import events_of, rebuilt
from pqr_silver.keys import bucket_numbers, dealt, pseudonyms
from pqr_silver.lives import emails_of, lived
from pqr_silver.schema import COUNT, DAY, FLAG, INSTANT, RADICADOS, TEXT
from pqr_silver.threads import ARRIVAL, Before, Named, named, threaded
from pqr_silver.tickets import tickets_of
from pqrs import wording
from pqrs.terms import THREAD_DAYS

__all__ = ["MAILS", "Before", "Named", "Refined", "Split", "named", "refined", "resolved", "split"]

# An e-mail without its text, between the steps. `root` may be null only where a radicado is stated.
MAILS = pa.schema(
    [
        ("root", TEXT),
        ("message_id", TEXT),
        ("kind", TEXT),
        ("thread_rule", TEXT),
        ("radicado", TEXT),
        ("is_inbound", FLAG),
        ("is_automatic", FLAG),
        ("received_at", INSTANT),
        ("sent_at", INSTANT),
        ("has_extra_fields", FLAG),
        ("attachment_count", COUNT),
        ("attachment_bytes", pa.int64()),
        ("body_chars", COUNT),
        ("raw_day", DAY),
        ("raw_part", COUNT),
        ("raw_line", COUNT),
        ("words", TEXT),  # a request's subject, an acknowledgement's lines of facts
        ("place", TEXT),  # where a request was signed: "municipality (department)"
        ("copied_to", TEXT),  # a control body, as a request names it
        ("citizen_key", TEXT),
        ("extension_days", pa.int16()),
        ("is_access_denied", FLAG),
        ("is_reiterative", FLAG),
    ]
)

WORDING = {kind: subject for kind, subject in wording.SUBJECTS.items() if kind != "insistence"} | {
    "radicado_tag": wording.RADICADO_TAG,
    "radicado_digits": wording.RADICADO_DIGITS,
    "mailer_daemon": wording.MAILER_DAEMON,
    "type": wording.TYPE,
    "home": wording.HOME,
    "copy": wording.COPY,
    "extension_days": wording.EXTENSION,
    "access_denied": f"{wording.DECISION}{wording.ACCESS_DENIED}",
    "reiterated": f"{wording.DECISION}{wording.REITERATED}",
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
    radicados = _distinct(_told(mails, _telling(mails, is_resumed=is_resumed)))
    return Split(
        mails=by_bucket,
        orphans=dealt(orphans, bucket_numbers(orphans["radicado"], buckets)),
        radicados=dealt(radicados, bucket_numbers(radicados["radicado"], buckets)),
    )


def resolved(orphans: pa.Table, radicados: pa.Table, *, buckets: int) -> Buckets:
    """Give orphans the root of the thread their radicado belongs to, and deal them out with the other e-mails.

    What a radicado stands for is what was told of it on the orphan's day, or in the THREAD_DAYS before.
    """
    days = {"thread_days": THREAD_DAYS}
    found = query(sql_of("pqr_silver", "sql/resolve.sql"), days, orphans=orphans, radicados=radicados)
    found = found.select(MAILS.names).cast(MAILS)
    return dealt(found, bucket_numbers(pc.coalesce(found["root"], found["radicado"]), buckets))


def refined(given: Named, before: Before | None = None, *, closing_time: int, is_resumed: bool = False) -> Refined:
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
        seen=emails.select(ARRIVAL).append_column("fingerprint", pa.array(lives.threads.prints)),
        radicados=_told_once(given, is_resumed=is_resumed),
        count_continuations=pc.sum(emails["is_continuation"], min_count=0).as_py(),
        count_unfaithful=_differing(tickets, rebuilt(events, lives.ids, old, closing_time=closing_time)),
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


def _telling(mails: pa.Table, *, is_resumed: bool) -> npt.NDArray[np.bool_]:
    """Which e-mails tell what a radicado stands for: only References tell a root for sure."""
    telling = pc.and_(pc.equal(mails["thread_rule"], "references"), mails["radicado"].is_valid())
    if not is_resumed:
        telling = pc.and_(telling, pc.equal(mails["kind"], "acknowledgement"))
    return np.asarray(telling.to_numpy())


def _told(mails: pa.Table, rows: npt.NDArray[np.bool_]) -> pa.Table:
    """What those e-mails tell, and the day of it."""
    told = mails.select(["radicado", "root", "raw_day"]).take(pa.array(np.flatnonzero(rows)))
    return told.rename_columns(RADICADOS.schema.names).cast(RADICADOS.schema)


def _told_once(given: Named, *, is_resumed: bool) -> pa.Table:
    """The same, each once; only a thread that tells more than once can tell the same."""
    telling = _telling(given.mails, is_resumed=is_resumed)
    is_more = np.bincount(given.thread[telling], minlength=len(given.ids))[given.thread] > 1
    more = _distinct(_told(given.mails, telling & is_more)).cast(RADICADOS.schema)
    return pa.concat_tables([_told(given.mails, telling & ~is_more), more])


def _distinct(table: pa.Table) -> pa.Table:
    return table.group_by(table.column_names, use_threads=False).aggregate([])
