"""The schedule: every e-mail of every ticket, as far into the future as its thread goes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pqr_generator.draws import chance
from pqr_generator.threads import law, steps
from pqr_generator.threads.hours import due_day, hurry
from pqr_generator.threads.thread import NEVER, NO_DAY, REQUEST, SLOTS, Draws, Thread, utc
from pqr_generator.tickets.fates import BREACHED, IN_TERM, TRANSFERRED
from pqr_generator.tickets.opening import DAY_SECONDS, Tickets
from pqrs import terms
from pqrs.catalogue import PQRS_TYPES
from pqrs.parameters import Parameters

__all__ = ["LIFE_DAYS", "threads"]

LIFE_DAYS = terms.THREAD_DAYS  # no delivery of a thread comes later than this after its request; `threads` asserts it
REDELIVERY_DAYS = 3  # what a duplicate may add to that


def threads(parameters: Parameters, tickets: Tickets) -> Thread:
    """Every e-mail of these tickets, however long after the request."""
    draw = Draws(parameters, tickets)
    thread = _begun(tickets, draw)
    steps.acknowledge(thread, draw)
    steps.transfer(thread, draw)
    law.annul(thread, draw)
    base = thread.received_on.copy()  # what answers are counted from
    steps.suspend(thread, draw, base)
    steps.extend(thread, tickets, draw, base=base)
    steps.close(thread, tickets, draw, base=base)
    hurry(thread, tickets, draw)
    law.recognise_silence(thread, tickets, draw)
    steps.deny(thread, tickets, draw)
    law.refer_back(thread, tickets)
    steps.report_progress(thread, draw)
    steps.insist(thread, draw)
    steps.reopen(thread, draw)
    law.sue(thread, tickets, draw)
    steps.react(thread, draw)
    life = thread.at.max(axis=0, initial=0) // DAY_SECONDS - tickets.day
    if life.max(initial=0) > LIFE_DAYS - REDELIVERY_DAYS:
        raise AssertionError("A thread outlives LIFE_DAYS, so windows would miss its last mails.")
    return thread


def _begun(tickets: Tickets, draw: Draws) -> Thread:
    count = len(tickets)
    kinds = pa.DictionaryArray.from_arrays(pa.array(tickets.kind, pa.int32()), pa.array(PQRS_TYPES))
    received, *given = terms.reception(kinds, utc(tickets.opened), draw.closing_time)
    term, hours = (each.astype(np.int64) for each in given)
    due = np.where(hours >= 0, due_day(tickets.opened, hours), terms.effective_due_on(received, term))
    is_outside = tickets.ending == TRANSFERRED
    is_annulled = law.annulled(is_outside, draw)
    is_open = ((term >= 0) | (hours >= 0)) & ~is_outside
    is_in_days = is_open & (hours < 0)
    is_incomplete = is_in_days & chance(draw("thread.incomplete"), draw.rates.incomplete, 1000)
    may_desist = is_incomplete & (tickets.ending == IN_TERM)
    at = np.full((SLOTS, count), NEVER, dtype=np.int64)
    at[REQUEST] = tickets.opened
    return Thread(
        at=at,
        received_on=received,
        term=term,
        hours=hours,
        due_on=due,
        effective_due_on=due.copy(),
        answered_on=np.full(count, NO_DAY),
        extension=np.zeros(count, np.int64),
        is_transferred=is_outside & ~is_annulled,
        is_annulled=is_annulled,
        is_breached=tickets.ending == BREACHED,
        is_open=is_open,
        is_incomplete=is_incomplete,
        is_desisted=may_desist & chance(draw("thread.desist"), draw.rates.desist, 1000),
        is_extended=is_in_days
        & ~is_incomplete
        & (terms.extension_days_max(kinds, received) > 0)
        & chance(draw("thread.extension"), draw.rates.extension, 1000),
        is_denied=np.zeros(count, np.bool_),
        is_reiterated=np.zeros(count, np.bool_),
        is_approved=np.zeros(count, np.bool_),
        is_sued=np.zeros(count, np.bool_),
        wait=tickets.wait,
        automatic=np.zeros(count, np.int8),
        automatic_to=np.zeros(count, np.int8),
    )
