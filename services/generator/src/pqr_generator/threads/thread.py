"""The thread of each ticket: which of its eight slots hold an e-mail, when, and what that does to the clock.

Slots: 0 request, 1 acknowledgement, 2 a step of the entity (transfer, annulment, completion request, extension,
progress), 3 the citizen's reply (completion, insistence), 4 answer or archive, 5 reopening or tutela, 6 second answer,
7 an automatic reply of the citizen's mailbox. Times are local seconds since 1970, `NEVER` where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, Words, low, words
from pqr_generator.tickets.opening import DAY_SECONDS, Tickets
from pqrs import calendar
from pqrs.parameters import Parameters

__all__ = [
    "ACKNOWLEDGEMENT", "ANSWER", "AUTOMATIC", "AWAY", "BOUNCE", "NEVER", "NO_DAY", "NO_REACTION", "REOPENING",
    "REPLY", "REQUEST", "SECOND_ANSWER", "SLOTS", "STEP", "Draws", "Flags", "Thread", "utc",
]  # fmt: skip

Flags = npt.NDArray[np.bool_]

REQUEST, ACKNOWLEDGEMENT, STEP, REPLY, ANSWER, REOPENING, SECOND_ANSWER, AUTOMATIC = range(8)
SLOTS = 8
NEVER = -1
NO_DAY = np.datetime64("NaT", "D")
NO_REACTION, AWAY, BOUNCE = range(3)
OPENING_TIME = 8 * 3600  # the entity's people write from now until closing time
# Letters of the entity by office hour: mornings, a dip at noon, a push in the afternoon, and home at five; assumed.
OFFICE_HOURS = np.array([40, 95, 110, 100, 45, 55, 90, 105, 80])
OFFICE_MINUTES = np.repeat(np.arange(len(OFFICE_HOURS) * 60), np.repeat(OFFICE_HOURS, 60) // 5)
CITIZEN_TIME, CITIZEN_SECONDS = 6 * 3600, 16 * 3600  # replies of citizens, any day


@dataclass(slots=True, eq=False)
class Thread:
    """Columns aligned with the tickets, filled step by step; `at` is SLOTS x tickets. Days: NaT where none."""

    at: Ints
    received_on: calendar.Days
    term: Ints  # business days, -1 for none
    hours: Ints  # of a term in hours, -1 for none
    due_on: calendar.Days
    effective_due_on: calendar.Days
    answered_on: calendar.Days  # the first answer
    extension: Ints  # business days, 0 for none
    is_transferred: Flags
    is_annulled: Flags
    is_breached: Flags
    is_open: Flags  # has a term, is not transferred and not annulled: the denominator of the breach rate
    is_incomplete: Flags
    is_desisted: Flags
    is_extended: Flags
    is_denied: Flags
    is_reiterated: Flags  # the answer refers to an earlier one
    is_approved: Flags  # by silence, and the answer says so
    is_sued: Flags
    wait: Ints  # business days after which its desk is up to it, had the clock not stood still
    automatic: npt.NDArray[np.int8]  # NO_REACTION, AWAY or BOUNCE
    automatic_to: npt.NDArray[np.int8]  # the slot it reacts to: acknowledgement or answer

    @property
    def is_bounce(self) -> Flags:
        return np.asarray(self.automatic == BOUNCE)

    def write(self, slot: int, who: Ints, *, on: calendar.Days, drawn: Words) -> None:
        """A person of the entity writes on these business days."""
        minute, second = np.divmod(low(drawn[who], len(OFFICE_MINUTES) * 60), 60)
        self.at[slot, who] = _start(on) + OPENING_TIME + OFFICE_MINUTES[minute] * 60 + second

    def reply(self, slot: int, who: Ints, *, on: calendar.Days, drawn: Words) -> None:
        """The citizen writes on these days."""
        self.at[slot, who] = _start(on) + CITIZEN_TIME + low(drawn[who], CITIZEN_SECONDS)


class Draws:
    """The fields of these consecutive tickets, by name."""

    def __init__(self, parameters: Parameters, tickets: Tickets) -> None:
        self.rates, self.dirt = parameters.scenario.rates, parameters.scenario.dirt
        self.closing_time = parameters.scenario.closing_time
        self._seed, self._numbers = parameters.seed, tickets.numbers

    def __call__(self, field: str) -> Words:
        return words(self._seed, field, self._numbers)


def _start(day: calendar.Days) -> Ints:
    return np.asarray(day.astype("datetime64[D]").astype(np.int64) * DAY_SECONDS)


def utc(local: Ints) -> npt.NDArray[np.datetime64]:
    return calendar.utc_time(local.astype("datetime64[s]"))
