"""What the law makes of some threads: a number annulled, an earlier answer referred to, an approval by silence, a court
that writes.
"""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import below, chance
from pqr_generator.threads.thread import ANSWER, NEVER, REOPENING, REQUEST, STEP, Draws, Flags, Thread
from pqr_generator.tickets.opening import DAY_SECONDS, Tickets
from pqrs import calendar, terms
from pqrs.catalogue import PQRS_TYPES

__all__ = ["annul", "annulled", "recognise_silence", "refer_back", "sue"]

ANNULMENT_DAYS = 2  # business days: assumption
RECOGNITION_DAYS = 3  # Ley 142 of 1994 art. 158: silence is recognised within 72 hours of the end of the term
SUIT_DAYS = (21, 56)  # a court writes three to eight weeks after the term: assumption
SUIT_LATEST = terms.THREAD_DAYS - 10  # days after the request; a suit that comes later is none of this thread
IS_APPROVED_BY_SILENCE = np.array(
    [any(p.silence_effect == "positive" for p in terms.POLICIES if p.pqrs_type == code) for code in PQRS_TYPES]
)


def annulled(is_outside: Flags, draw: Draws) -> Flags:
    """Of the tickets that end outside the rate, those whose number is annulled; the others are passed on."""
    rates = draw.rates
    return is_outside & chance(draw("annulment.is"), rates.annulled, max(rates.annulled + rates.transfer, 1))


def annul(thread: Thread, draw: Draws) -> None:
    """Within days somebody sees that the request should have got no number, and says why; no number is used twice."""
    drawn, who = draw("annulment.day"), np.flatnonzero(thread.is_annulled)
    day = calendar.next_business_day((thread.at[REQUEST, who] // DAY_SECONDS).astype("datetime64[D]"))
    on = calendar.add_business_days(day, 1 + below(drawn[who], ANNULMENT_DAYS))
    thread.write(STEP, who, on=on, drawn=drawn)


def recognise_silence(thread: Thread, tickets: Tickets, draw: Draws) -> None:
    """Instead of a late answer the entity says, soon after the term, that its silence approved what was asked for."""
    may = IS_APPROVED_BY_SILENCE[tickets.kind] & thread.is_breached & (thread.at[ANSWER] != NEVER)
    thread.is_approved = may & chance(draw("silence.is"), draw.rates.silence, 1000)
    drawn, who = draw("silence.day"), np.flatnonzero(thread.is_approved)
    told = calendar.add_business_days(thread.effective_due_on[who], 1 + below(drawn[who], RECOGNITION_DAYS))
    thread.write(ANSWER, who, on=told, drawn=drawn)
    thread.answered_on[who] = told


def refer_back(thread: Thread, tickets: Tickets) -> None:
    """An answer in term to what was asked before refers to what was answered then."""
    thread.is_reiterated = (
        tickets.is_reiterated & ~thread.is_breached & ~thread.is_denied & ~np.isnat(thread.answered_on)
    )


def sue(thread: Thread, tickets: Tickets, draw: Draws) -> None:
    """A citizen whose term was broken goes to court, where nothing else follows the answer."""
    drawn = draw("tutela.day")
    first, last = SUIT_DAYS
    on = thread.effective_due_on + first + below(drawn, last - first)
    latest = (tickets.day + SUIT_LATEST).astype("datetime64[D]")
    may = thread.is_breached & (thread.at[REOPENING] == NEVER) & (on <= latest)
    may &= np.isnat(thread.answered_on) | (thread.answered_on < on)
    thread.is_sued = may & chance(draw("tutela.is"), draw.rates.tutela, 1000)
    who = np.flatnonzero(thread.is_sued)
    on = calendar.next_business_day(on[who])
    thread.write(REOPENING, who, on=on, drawn=drawn)
