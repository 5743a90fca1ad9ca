"""Which mails go wrong on their way, and how: decided per mail by one keyed draw, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, below, low, words
from pqr_generator.threads.thread import (
    ACKNOWLEDGEMENT,
    ANSWER,
    AUTOMATIC,
    NEVER,
    REOPENING,
    REPLY,
    REQUEST,
    SLOTS,
    STEP,
    Flags,
    Thread,
)
from pqr_generator.tickets.opening import DAY_SECONDS, Tickets
from pqrs.parameters import Parameters

__all__ = ["DIRT", "LATE", "LOST", "MOJIBAKE", "SKEWED", "Defects", "decided", "is_damage", "late_delay", "skew"]

# What can be wrong with a delivered line; 0 is nothing. Automatic replies are whole letters.
DIRT = (
    "",
    "duplicate",
    "truncated_json",
    "missing_field",
    "wrong_type",
    "broken_encoding",
    "unknown_field",
    "late_arrival",
    "lost_references",
    "out_of_office",
    "bounce",
    "clock_skew",
    "mojibake",
)

REDELIVERY_SECONDS = (300, 2 * DAY_SECONDS)
DAMAGED_COPY_SECONDS = (5, 900)
LATE_SECONDS = (25 * 3600, 72 * 3600)
ANSWERED_SECONDS = 60  # a late reply was sent at least this long after the letter it answers had arrived
DUPLICATE = DIRT.index("duplicate")
FIRST_DAMAGE, LAST_DAMAGE = DIRT.index("truncated_json"), DIRT.index("broken_encoding")
DAMAGES = LAST_DAMAGE - FIRST_DAMAGE + 1
UNKNOWN, LATE, LOST = DIRT.index("unknown_field"), DIRT.index("late_arrival"), DIRT.index("lost_references")
SKEWED, MOJIBAKE = DIRT.index("clock_skew"), DIRT.index("mojibake")
OUT_OF_OFFICE, BOUNCED = DIRT.index("out_of_office"), DIRT.index("bounce")
# What the draw decides, in its order: each of these kinds, or that the mail itself is damaged, in whichever way.
DRAWN = (*DIRT[DUPLICATE : LOST + 1], "damaged_original", "clock_skew", "mojibake")
ORIGINAL = DRAWN.index("damaged_original")
CODES = np.array([DIRT.index(name) if name in DIRT else FIRST_DAMAGE for name in DRAWN], np.int8)
# Only replies of a citizen can come late or lose their references, and only a citizen's clock or encoding is wrong.
REPLIES = (REPLY, REOPENING)
CARRIERS = {LATE: REPLIES, LOST: REPLIES, SKEWED: (REQUEST, *REPLIES), MOJIBAKE: (REQUEST, *REPLIES)}
CARRIES = np.array([[slot in CARRIERS.get(kind, (slot,)) for kind in range(len(DIRT))] for slot in range(SLOTS)])
# How far clocks are off, before or behind: set by hand, another zone, noon for midnight, another day. Assumptions.
SKEW_SECONDS = np.array([5 * 60, 20 * 60, 3600, 5 * 3600, 12 * 3600, DAY_SECONDS, 2 * DAY_SECONDS, 5 * DAY_SECONDS])


@dataclass(frozen=True, slots=True, eq=False)
class Defects:
    """By ticket * SLOTS + slot: what is wrong (index into DIRT, 0 for nothing), and 32 bits to decide how.

    `is_lost`: the mail itself is damaged, instead of a further delivery of it.
    """

    dirt: npt.NDArray[np.int8]
    bits: Ints
    is_lost: Flags

    @property
    def has_copy(self) -> Flags:
        """Whether it is a further, dirty delivery beside the clean one."""
        return (self.dirt >= DUPLICATE) & (self.dirt <= LAST_DAMAGE) & ~self.is_lost

    def copy_delay(self, rows: Ints) -> Ints:
        """Seconds from the clean delivery to the other."""
        bits = self.bits[rows].astype(np.uint64)
        (soon, later), (first, last) = DAMAGED_COPY_SECONDS, REDELIVERY_SECONDS
        return np.where(self.dirt[rows] == DUPLICATE, first + low(bits, last - first), soon + low(bits, later - soon))


def decided(parameters: Parameters, tickets: Tickets, thread: Thread) -> Defects:
    """A mail has at most one kind of dirt; automatic replies are dirt by themselves."""
    bounds = np.cumsum([getattr(parameters.scenario.dirt, name) for name in DRAWN])
    drawn = words(parameters.seed, "mail.dirt", range(tickets.first * SLOTS, tickets.numbers.stop * SLOTS))
    place, bits = below(drawn, 100_000), (drawn & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    hit = np.flatnonzero(place < bounds[-1])
    which = np.searchsorted(bounds, place[hit], side="right")
    dirt, is_lost = np.zeros(len(drawn), np.int8), np.zeros(len(drawn), np.bool_)
    is_lost[hit] = which == ORIGINAL
    dirt[hit] = CODES[which] + is_lost[hit] * (bits[hit] >> 8) % DAMAGES
    dirt[hit] *= CARRIES[hit % SLOTS, dirt[hit]]
    by_slot = dirt.reshape(-1, SLOTS)
    by_slot[thread.at.T == NEVER] = 0
    by_slot[thread.is_sued & (by_slot[:, REOPENING] == MOJIBAKE), REOPENING] = 0  # a court writes it
    late = np.flatnonzero(dirt == LATE)
    dirt[late[~_can_be_late(thread, late, bits[late])]] = 0
    by_slot[:, AUTOMATIC] = np.where(thread.automatic == 0, 0, np.where(thread.is_bounce, BOUNCED, OUT_OF_OFFICE))
    return Defects(dirt, bits, is_lost & is_damage(dirt))


def is_damage(dirt: npt.NDArray[np.int8]) -> Flags:
    """Whether a line of this kind cannot be read."""
    return np.asarray((dirt >= FIRST_DAMAGE) & (dirt <= LAST_DAMAGE))


def late_delay(bits: Ints) -> Ints:
    """Seconds between sending and arrival of a late mail."""
    first, last = LATE_SECONDS
    return first + low(bits.astype(np.uint64), last - first)


def skew(bits: Ints) -> Ints:
    """Seconds by which the clock of a sender is ahead, or behind where negative."""
    seconds = SKEW_SECONDS[bits >> 8 & 7] + (bits & 0xFF)
    return np.asarray(np.where(bits >> 11 & 1, seconds, -seconds))


def _can_be_late(thread: Thread, rows: Ints, bits: Ints) -> Flags:
    """Whether the letter that it answers had arrived when it was sent."""
    ticket, slot = np.divmod(rows, SLOTS)
    answered = np.where(slot == REOPENING, ANSWER, np.where(thread.is_incomplete[ticket], STEP, ACKNOWLEDGEMENT))
    sent = thread.at[slot, ticket] - late_delay(bits)
    return np.asarray(sent > thread.at[answered, ticket] + ANSWERED_SECONDS)
