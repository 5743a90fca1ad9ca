"""Terms in hours: whoever answers those is there day and night, and is late by the hour."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, below, low
from pqr_generator.threads.thread import ANSWER, NEVER, STEP, Draws, Thread
from pqr_generator.tickets.opening import DAY_SECONDS, Tickets
from pqrs import calendar

__all__ = ["due_day", "hurry"]

HOUR = 3600
SOONEST, SPARE = 1800, 1800  # seconds after the request, and before the term ends, in which nobody answers in term
LATE_SECONDS = (600, 5 * DAY_SECONDS)  # after the term: assumption


def due_day(opened: Ints, hours: Ints) -> calendar.Days:
    """The local day on which each of these terms ends."""
    return np.asarray(((opened + hours * HOUR) // DAY_SECONDS).astype("datetime64[D]"))


def hurry(thread: Thread, tickets: Tickets, draw: Draws) -> None:
    """What is answered at all is answered within its hours, or soon after them; what is passed on, within them."""
    drawn, moved = draw("transfer.hours"), np.flatnonzero((thread.hours >= 0) & thread.is_transferred)
    room = thread.hours[moved] * HOUR - SOONEST - SPARE
    thread.at[STEP, moved] = tickets.opened[moved] + SOONEST + below(drawn[moved], room)
    who = np.flatnonzero((thread.hours >= 0) & (thread.at[ANSWER] != NEVER))
    given, late = draw("answer.hours")[who], draw("answer.hours_late")[who]
    term = thread.hours[who] * HOUR
    room = term - SOONEST - SPARE
    first, last = LATE_SECONDS
    # The later of two draws: most answers come towards the end of the term; and the earlier: few are very late.
    in_term = SOONEST + np.maximum(below(given, room), low(given, room))
    after = term + first + np.minimum(below(late, last - first), low(late, last - first))
    answered = tickets.opened[who] + np.where(thread.is_breached[who], after, in_term)
    thread.at[ANSWER, who] = answered
    thread.answered_on[who] = (answered // DAY_SECONDS).astype("datetime64[D]")
