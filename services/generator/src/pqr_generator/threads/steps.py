"""The steps a thread may take, one function each: who takes it, on which days, and what it does to the clock.

Every step draws fields of its own; `base` is the day from which the answer is counted.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pqr_generator.draws import Ints, below, chance
from pqr_generator.threads.thread import (
    ACKNOWLEDGEMENT,
    ANSWER,
    AUTOMATIC,
    AWAY,
    BOUNCE,
    NEVER,
    NO_DAY,
    NO_REACTION,
    REOPENING,
    REPLY,
    REQUEST,
    SECOND_ANSWER,
    STEP,
    Draws,
    Thread,
    utc,
)  # fmt: skip
from pqr_generator.tickets.opening import Tickets
from pqrs import calendar, terms
from pqrs.catalogue import PQRS_TYPES

__all__ = [
    "acknowledge",
    "close",
    "deny",
    "extend",
    "insist",
    "react",
    "reopen",
    "report_progress",
    "suspend",
    "transfer",
]

ACK_SECONDS = (20, 900)  # the automatic acknowledgement follows within a quarter of an hour
AUTOMATIC_SECONDS = 120
EXTENSIONS = np.array([5, 8, 10, 15])  # business days; never more than the law allows
COMPLETION_REQUEST_MAX = terms.COMPLETION_REQUEST_DAYS - 2  # business days: two must be left of the shortest term
COMPLETION_MAX = 27  # calendar days, so inside any calendar month
ARCHIVE_MAX = 3  # business days after the month has gone by in silence
ANSWERED_WITHIN = 106  # calendar days from the request, so that a thread that is reopened ends within its life
# Business days after the due date, in 32 equal parts of those that are late: most soon, some after months (assumed).
LATE_DAYS = np.array([
    1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12, 14, 16, 19, 23, 29, 38, 52,
])  # fmt: skip
REOPENING_MAX = 10  # calendar days after the answer
USUAL_WAIT, INSISTENCE_MAX = 15, 950  # calendar days after which citizens insist at the usual rate; per mille at most
UNHEARD_DAYS = 15  # how long after its term people still write about what is never answered
ACCESS_TYPES = [PQRS_TYPES.index("PET_INF"), PQRS_TYPES.index("PET_DOC")]


def acknowledge(thread: Thread, draw: Draws) -> None:
    first, last = ACK_SECONDS
    thread.at[ACKNOWLEDGEMENT] = thread.at[REQUEST] + first + below(draw("ack.delay"), last - first)


def transfer(thread: Thread, draw: Draws) -> None:
    drawn, who = draw("transfer.day"), np.flatnonzero(thread.is_transferred)
    offset = 1 + below(drawn[who], terms.TRANSFER_DAYS)
    thread.write(STEP, who, on=calendar.add_business_days(thread.received_on[who], offset), drawn=drawn)


def suspend(thread: Thread, draw: Draws, base: calendar.Days) -> None:
    """Requests to complete, the citizens' completions, and the clock that stands still in between."""
    drawn, who = draw("completion_request.day"), np.flatnonzero(thread.is_incomplete)
    latest = np.minimum(COMPLETION_REQUEST_MAX, thread.term[who] - 2)
    asked = calendar.add_business_days(thread.received_on[who], 1 + below(drawn[who], latest))
    thread.write(STEP, who, on=asked, drawn=drawn)
    replied = draw("completion.day")
    completed = ~thread.is_desisted[who]
    reply_on = asked + 1 + below(replied[who], COMPLETION_MAX)
    thread.reply(REPLY, who[completed], on=reply_on[completed], drawn=replied)
    resumed = terms.completion_deadline(asked)
    heard = terms.received_on(utc(thread.at[REPLY, who]), draw.closing_time)
    resumed = np.where(completed, np.minimum(heard, resumed), resumed)
    base[who] = resumed
    thread.effective_due_on[who] = terms.effective_due_on(
        thread.received_on[who], thread.term[who], suspended_from=asked, suspended_to=resumed
    )


def extend(thread: Thread, tickets: Tickets, draw: Draws, *, base: calendar.Days) -> None:
    """Notices in the last days of the term that add business days to it."""
    drawn, who = draw("extension.day"), np.flatnonzero(thread.is_extended)
    term = thread.term[who]
    notified = calendar.add_business_days(
        thread.received_on[who], term - 1 - below(drawn[who], np.minimum(4, term - 1))
    )
    thread.write(STEP, who, on=notified, drawn=drawn)
    kinds = pa.DictionaryArray.from_arrays(pa.array(tickets.kind[who], pa.int32()), pa.array(PQRS_TYPES))
    most = np.minimum(term, terms.extension_days_max(kinds, thread.received_on[who]))
    extension = np.minimum(EXTENSIONS[below(draw("extension.length")[who], len(EXTENSIONS))], most)
    thread.extension[who] = extension
    base[who] = notified
    thread.effective_due_on[who] = terms.effective_due_on(thread.received_on[who], term, extension)


def close(thread: Thread, tickets: Tickets, draw: Draws, *, base: calendar.Days) -> None:
    """Answers on the day the desk is up to them, late answers, silence, and archives of what nobody completed.

    What is in term comes on the day that the plan projects or, had that been later, on the last day of the term; what
    is breached as late as projected or, where a term was moved, as late after it. A clock that stood still, or a notice
    of extension, moves the day as it moves the term.
    """
    drawn, tail = draw("answer.day"), draw("answer.late")
    is_silent = thread.is_breached & chance(draw("answer.never"), draw.rates.unanswered, 1000)
    left, days_used = _left(thread, base)
    days_late = np.maximum(thread.wait - thread.term, LATE_DAYS[below(tail, len(LATE_DAYS))])
    days_archived = 1 + below(drawn, np.minimum(ARCHIVE_MAX, left))
    offset = np.where(thread.is_breached, days_late, np.where(thread.is_desisted, days_archived, days_used))
    start = np.where(thread.is_breached, thread.effective_due_on, base)
    who = np.flatnonzero(thread.is_open & ~is_silent)
    closed = calendar.add_business_days(start[who], offset[who])
    late = np.flatnonzero(thread.is_breached[who])
    last = (tickets.day[who[late]] + ANSWERED_WITHIN).astype("datetime64[D]")
    closed[late] = np.minimum(closed[late], calendar.add_business_days(last, 0))
    thread.write(ANSWER, who, on=closed, drawn=draw("answer.second"))
    thread.answered_on[who] = np.where(thread.is_desisted[who], NO_DAY, closed)


def _left(thread: Thread, base: calendar.Days) -> tuple[Ints, Ints]:
    """Business days from `base` to the end of the term, and to the answer if it is in term: mostly term and wait."""
    left, used = thread.term.copy(), thread.wait.copy()
    who = np.flatnonzero(thread.is_incomplete | thread.is_extended)
    left[who] = calendar.business_days_between(base[who], thread.effective_due_on[who])
    used[who] += calendar.business_days_between(thread.due_on[who], thread.effective_due_on[who])
    used[who] -= calendar.business_days_between(thread.received_on[who], base[who])
    left = np.maximum(left, 1)
    return left, np.clip(used, 1, left)


def deny(thread: Thread, tickets: Tickets, draw: Draws) -> None:
    is_access = np.isin(tickets.kind, ACCESS_TYPES) & ~np.isnat(thread.answered_on)
    thread.is_denied = is_access & chance(draw("answer.denied"), draw.rates.denied, 1000)


def report_progress(thread: Thread, draw: Draws) -> None:
    """Between reception and answer, on threads where the entity does nothing else in between."""
    drawn = draw("progress.day")
    until = np.where(np.isnat(thread.answered_on), thread.due_on, thread.answered_on)
    last = calendar.business_days_between(thread.received_on, until)
    is_plain = thread.is_open & ~thread.is_incomplete & ~thread.is_extended & (last > 1)
    who = np.flatnonzero(is_plain & chance(draw("thread.progress"), draw.rates.progress, 1000))
    day = calendar.add_business_days(thread.received_on[who], 1 + below(drawn[who], last[who] - 1))
    thread.write(STEP, who, on=day, drawn=drawn)


def insist(thread: Thread, draw: Draws) -> None:
    """A citizen asks again after the day of reception and before the answer: the likelier, the later that is."""
    drawn = draw("insistence.day")
    until = np.where(np.isnat(thread.answered_on), thread.due_on + UNHEARD_DAYS, thread.answered_on)
    gap = (until - thread.received_on).astype(np.int64)
    rate = np.minimum(draw.rates.insistence * gap // USUAL_WAIT, INSISTENCE_MAX)
    may = thread.is_open & ~thread.is_incomplete & (gap > 1)
    who = np.flatnonzero(may & chance(draw("thread.insistence"), rate, 1000))
    thread.reply(REPLY, who, on=thread.received_on[who] + 1 + below(drawn[who], gap[who] - 1), drawn=drawn)


def reopen(thread: Thread, draw: Draws) -> None:
    """A citizen is not content with the answer, and gets another; only where the thread stays within six mails."""
    drawn, again = draw("reopening.day"), draw("second_answer.day")
    may = ~np.isnat(thread.answered_on) & (thread.at[REPLY] == NEVER)
    who = np.flatnonzero(may & chance(draw("thread.reopen"), draw.rates.reopen, 1000))
    thread.reply(REOPENING, who, on=thread.answered_on[who] + 1 + below(drawn[who], REOPENING_MAX), drawn=drawn)
    heard = terms.received_on(utc(thread.at[REOPENING, who]), draw.closing_time)
    thread.write(SECOND_ANSWER, who, on=calendar.add_business_days(heard, 2 + below(again[who], 7)), drawn=again)


def react(thread: Thread, draw: Draws) -> None:
    """The citizen's mailbox answers by itself, or cannot be reached."""
    drawn, which, delay = draw("automatic.kind"), draw("automatic.to"), draw("automatic.delay")
    bounds = np.cumsum([draw.dirt.out_of_office, draw.dirt.bounce])
    thread.automatic = np.array([AWAY, BOUNCE, NO_REACTION], np.int8)[
        np.searchsorted(bounds, below(drawn, 100_000), side="right")
    ]
    to_answer = ~np.isnat(thread.answered_on) & chance(which, 1, 2)
    thread.automatic_to = np.where(to_answer, ANSWER, ACKNOWLEDGEMENT).astype(np.int8)
    who = np.flatnonzero(thread.automatic)
    caused = thread.at[thread.automatic_to[who], who]
    thread.at[AUTOMATIC, who] = caused + 1 + below(delay[who], AUTOMATIC_SECONDS)
