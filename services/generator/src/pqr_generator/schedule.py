"""The thread of each ticket: which of its eight slots hold an e-mail, when, and what that does to the clock.

Slots: 0 request, 1 acknowledgement, 2 a step of the entity (transfer, completion request, extension,
progress), 3 the citizen's reply (completion, insistence), 4 answer or archive, 5 reopening, 6 second answer,
7 an automatic reply of the citizen's mailbox. Times are local seconds since 1970, `NEVER` where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pqr_common import terms
from pqr_common.catalogue import PQRS_TYPES
from pqr_common.parameters import Parameters
from pqr_generator.draws import Ints, Words, below, chance, low, words
from pqr_generator.tickets import BREACHED, DAY_SECONDS, IN_TERM, TRANSFERRED, Tickets

__all__ = [
    "ACKNOWLEDGEMENT", "ANSWER", "AUTOMATIC", "LIFE_DAYS", "NEVER", "REOPENING", "REPLY", "REQUEST", "SECOND_ANSWER",
    "SLOTS", "STEP", "Thread", "threads",
]  # fmt: skip

Flags = npt.NDArray[np.bool_]

REQUEST, ACKNOWLEDGEMENT, STEP, REPLY, ANSWER, REOPENING, SECOND_ANSWER, AUTOMATIC = range(8)
SLOTS = 8
NEVER = -1
NO_REACTION, AWAY, BOUNCE = range(3)
LIFE_DAYS = 140  # no delivery of a thread comes later than this after its request; `threads` asserts it
REDELIVERY_DAYS = 3  # what a duplicate may add to that
OPENING_HOUR, OFFICE_SECONDS = 8 * 3600, 9 * 3600  # the entity's people write from 08:00 to 16:59:59
CITIZEN_HOUR, CITIZEN_SECONDS = 6 * 3600, 16 * 3600  # replies of citizens, any day
ACK_SECONDS = (20, 900)  # the automatic acknowledgement follows within a quarter of an hour
AUTOMATIC_SECONDS = 120
EXTENSIONS = np.array([5, 8, 10, 15])  # business days; never more than the term
COMPLETION_REQUEST_MAX = 8  # business days; the law allows ten, and two must be left of the shortest term
COMPLETION_MAX = 27  # calendar days, so inside any calendar month
ARCHIVE_MAX = 3  # business days after the month has gone by in silence
LATE_MAX = 15  # business days after the due date
REOPENING_MAX = 10  # calendar days after the answer
INSISTENCE_WHEN_BREACHED = 400  # per mille on top of the usual rate
ACCESS_TYPES = [PQRS_TYPES.index("PET_INF"), PQRS_TYPES.index("PET_DOC")]
NO_DAY = np.datetime64("NaT", "D")


@dataclass(slots=True, eq=False)
class Thread:
    """Columns aligned with the tickets, filled step by step; `at` is SLOTS x tickets. Days: NaT where none."""

    at: Ints
    received_on: terms.Days
    term: Ints  # business days, -1 for none
    due_on: terms.Days
    effective_due_on: terms.Days
    answered_on: terms.Days  # the first answer
    extension: Ints  # business days, 0 for none
    is_transferred: Flags
    is_breached: Flags
    is_open: Flags  # has a term and is not transferred: the denominator of the breach rate
    is_incomplete: Flags
    is_desisted: Flags
    is_extended: Flags
    is_denied: Flags
    automatic: npt.NDArray[np.int8]  # NO_REACTION, AWAY or BOUNCE
    automatic_to: npt.NDArray[np.int8]  # the slot it reacts to: acknowledgement or answer

    @property
    def is_bounce(self) -> Flags:
        return np.asarray(self.automatic == BOUNCE)

    def write(self, slot: int, who: Ints, day: terms.Days, drawn: Words) -> None:
        """A person of the entity writes on these business days."""
        self.at[slot, who] = _start(day) + OPENING_HOUR + low(drawn[who], OFFICE_SECONDS)

    def reply(self, slot: int, who: Ints, day: terms.Days, drawn: Words) -> None:
        """The citizen writes on these days."""
        self.at[slot, who] = _start(day) + CITIZEN_HOUR + low(drawn[who], CITIZEN_SECONDS)


class Draws:
    """The fields of these consecutive tickets, by name."""

    def __init__(self, parameters: Parameters, tickets: Tickets) -> None:
        self.rates, self.dirt = parameters.scenario.rates, parameters.scenario.dirt
        self._seed, self._first, self._count = parameters.seed, tickets.first, len(tickets)

    def __call__(self, field: str) -> Words:
        return words(self._seed, field, self._first, self._count)


def threads(parameters: Parameters, tickets: Tickets) -> Thread:
    """Every e-mail of these tickets, however long after the request."""
    draw = Draws(parameters, tickets)
    thread = _begun(tickets, draw)
    _acknowledge(thread, draw)
    _transfer(thread, draw)
    base = thread.received_on.copy()  # what answers are counted from
    _suspend(thread, draw, base)
    _extend(thread, draw, base)
    _close(thread, draw, base)
    _deny(thread, tickets, draw)
    _report_progress(thread, draw)
    _insist(thread, draw)
    _reopen(thread, draw)
    _react(thread, draw)
    life = thread.at.max(axis=0, initial=0) // DAY_SECONDS - tickets.day
    if life.max(initial=0) > LIFE_DAYS - REDELIVERY_DAYS:
        raise AssertionError("A thread outlives LIFE_DAYS, so windows would miss its last mails.")
    return thread


def _begun(tickets: Tickets, draw: Draws) -> Thread:
    count = len(tickets)
    received = terms.received_on(_utc(tickets.opened))
    kinds = pa.DictionaryArray.from_arrays(pa.array(tickets.kind, pa.int32()), pa.array(PQRS_TYPES))
    term = terms.term_days(kinds, received).astype(np.int64)
    due = terms.effective_due_on(received, term)
    is_transferred = tickets.fate == TRANSFERRED
    is_open = (term >= 0) & ~is_transferred
    is_incomplete = is_open & chance(draw("thread.incomplete"), draw.rates.incomplete, 1000)
    may_desist = is_incomplete & (tickets.fate == IN_TERM)
    at = np.full((SLOTS, count), NEVER, dtype=np.int64)
    at[REQUEST] = tickets.opened
    return Thread(
        at=at,
        received_on=received,
        term=term,
        due_on=due,
        effective_due_on=due.copy(),
        answered_on=np.full(count, NO_DAY),
        extension=np.zeros(count, np.int64),
        is_transferred=is_transferred,
        is_breached=tickets.fate == BREACHED,
        is_open=is_open,
        is_incomplete=is_incomplete,
        is_desisted=may_desist & chance(draw("thread.desist"), draw.rates.desist, 1000),
        is_extended=is_open & ~is_incomplete & chance(draw("thread.extension"), draw.rates.extension, 1000),
        is_denied=np.zeros(count, np.bool_),
        automatic=np.zeros(count, np.int8),
        automatic_to=np.zeros(count, np.int8),
    )


def _acknowledge(thread: Thread, draw: Draws) -> None:
    first, last = ACK_SECONDS
    thread.at[ACKNOWLEDGEMENT] = thread.at[REQUEST] + first + below(draw("ack.delay"), last - first)


def _transfer(thread: Thread, draw: Draws) -> None:
    drawn, who = draw("transfer.day"), np.flatnonzero(thread.is_transferred)
    offset = 1 + below(drawn[who], terms.TRANSFER_DAYS)
    thread.write(STEP, who, terms.add_business_days(thread.received_on[who], offset), drawn)


def _suspend(thread: Thread, draw: Draws, base: terms.Days) -> None:
    """Requests to complete, the citizens' completions, and the clock that stands still in between."""
    drawn, who = draw("completion_request.day"), np.flatnonzero(thread.is_incomplete)
    latest = np.minimum(COMPLETION_REQUEST_MAX, thread.term[who] - 2)
    asked = terms.add_business_days(thread.received_on[who], 1 + below(drawn[who], latest))
    thread.write(STEP, who, asked, drawn)
    replied = draw("completion.day")
    completed = ~thread.is_desisted[who]
    reply_on = asked + 1 + below(replied[who], COMPLETION_MAX)
    thread.reply(REPLY, who[completed], reply_on[completed], replied)
    resumed = terms.completion_deadline(asked)
    heard = terms.received_on(_utc(thread.at[REPLY, who]))
    resumed = np.where(completed, np.minimum(heard, resumed), resumed)
    base[who] = resumed
    thread.effective_due_on[who] = terms.effective_due_on(thread.received_on[who], thread.term[who], 0, asked, resumed)


def _extend(thread: Thread, draw: Draws, base: terms.Days) -> None:
    """Notices in the last days of the term that add business days to it."""
    drawn, who = draw("extension.day"), np.flatnonzero(thread.is_extended)
    term = thread.term[who]
    notified = terms.add_business_days(thread.received_on[who], term - 1 - below(drawn[who], np.minimum(4, term - 1)))
    thread.write(STEP, who, notified, drawn)
    extension = np.minimum(EXTENSIONS[below(draw("extension.length")[who], len(EXTENSIONS))], term)
    thread.extension[who] = extension
    base[who] = notified
    thread.effective_due_on[who] = terms.effective_due_on(thread.received_on[who], term, extension)


def _close(thread: Thread, draw: Draws, base: terms.Days) -> None:
    """Answers in term, late answers, silence, and archives of what nobody completed."""
    drawn, late = draw("answer.day"), draw("answer.late")
    is_silent = thread.is_breached & chance(draw("answer.never"), draw.rates.unanswered, 1000)
    is_late = thread.is_breached & ~is_silent
    left = terms.business_days_between(base, thread.effective_due_on)
    # The later of two draws: most answers come towards the end of the term.
    days_used = 1 + np.maximum(below(drawn, left), low(drawn, left))
    days_late = 1 + np.minimum(below(late, LATE_MAX), low(late, LATE_MAX))
    days_archived = 1 + below(drawn, np.minimum(ARCHIVE_MAX, left))
    offset = np.where(is_late, days_late, np.where(thread.is_desisted, days_archived, days_used))
    start = np.where(is_late, thread.effective_due_on, base)
    who = np.flatnonzero(thread.is_open & ~is_silent)
    closed = terms.add_business_days(start[who], offset[who])
    thread.write(ANSWER, who, closed, draw("answer.second"))
    thread.answered_on[who] = np.where(thread.is_desisted[who], NO_DAY, closed)


def _deny(thread: Thread, tickets: Tickets, draw: Draws) -> None:
    is_access = np.isin(tickets.kind, ACCESS_TYPES) & ~np.isnat(thread.answered_on)
    thread.is_denied = is_access & chance(draw("answer.denied"), draw.rates.denied, 1000)


def _report_progress(thread: Thread, draw: Draws) -> None:
    """Between reception and answer, on threads where the entity does nothing else in between."""
    drawn = draw("progress.day")
    until = np.where(np.isnat(thread.answered_on), thread.due_on, thread.answered_on)
    last = terms.business_days_between(thread.received_on, until)
    is_plain = thread.is_open & ~thread.is_incomplete & ~thread.is_extended & (last > 1)
    who = np.flatnonzero(is_plain & chance(draw("thread.progress"), draw.rates.progress, 1000))
    day = terms.add_business_days(thread.received_on[who], 1 + below(drawn[who], last[who] - 1))
    thread.write(STEP, who, day, drawn)


def _insist(thread: Thread, draw: Draws) -> None:
    """A citizen asks again after the day of reception and before the day of the answer."""
    drawn = draw("insistence.day")
    until = np.where(np.isnat(thread.answered_on), thread.due_on + LATE_MAX, thread.answered_on)
    gap = (until - thread.received_on).astype(np.int64)
    rate = draw.rates.insistence + INSISTENCE_WHEN_BREACHED * thread.is_breached
    may = thread.is_open & ~thread.is_incomplete & (gap > 1)
    who = np.flatnonzero(may & chance(draw("thread.insistence"), rate, 1000))
    thread.reply(REPLY, who, thread.received_on[who] + 1 + below(drawn[who], gap[who] - 1), drawn)


def _reopen(thread: Thread, draw: Draws) -> None:
    """A citizen is not content with the answer, and gets another; only where the thread stays within six mails."""
    drawn, again = draw("reopening.day"), draw("second_answer.day")
    may = ~np.isnat(thread.answered_on) & (thread.at[REPLY] == NEVER)
    who = np.flatnonzero(may & chance(draw("thread.reopen"), draw.rates.reopen, 1000))
    thread.reply(REOPENING, who, thread.answered_on[who] + 1 + below(drawn[who], REOPENING_MAX), drawn)
    heard = terms.received_on(_utc(thread.at[REOPENING, who]))
    thread.write(SECOND_ANSWER, who, terms.add_business_days(heard, 2 + below(again[who], 7)), again)


def _react(thread: Thread, draw: Draws) -> None:
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


def _start(day: terms.Days) -> Ints:
    return np.asarray(day.astype("datetime64[D]").astype(np.int64) * DAY_SECONDS)


def _utc(local: Ints) -> npt.NDArray[np.datetime64]:
    return np.asarray((local * 1_000_000).astype("datetime64[us]") - terms.BOGOTA_OFFSET)
