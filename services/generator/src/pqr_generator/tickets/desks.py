"""Desks: what becomes of the tickets of each day in the queues of those who answer. Counts, never single tickets.

A ticket is first looked into, for a time that its term sets and luck varies, and is then ready to be answered. What is
ready waits at its desk, in the desk's order, for the people who are there. So load makes waiting, and waiting lateness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pqr_generator.draws import Ints, below, words
from pqr_generator.tickets.quotas import wheel
from pqrs import calendar, terms
from pqrs.catalogue import PQRS_TYPES
from pqrs.desks import served
from pqrs.staffing import BY_DUE_DATE, Desk

__all__ = ["DRAIN_DAYS", "Finished", "Line", "finished"]

# How long it takes to look into a ticket, in percent of its usual term, and how many of 32 take so long; a ticket
# with priority takes half of it. An assumption, chosen for answers after 8 to 16 business days on average.
LOOKED_INTO = ((8, 3), (20, 4), (33, 5), (47, 6), (60, 5), (73, 4), (87, 3), (120, 2))
TURNS = wheel(tuple(share for _, share in LOOKED_INTO))
USUAL_DAY = np.datetime64("2025-01-02")  # the law of today: desks keep their habits through an emergency
WEEKDAYS, BUSINESS_WEEKDAYS, DAY_HOURS = 7, 5, 24
PRIORITY_DAYS = 20  # a ticket with priority is served as if it had come so many days before

WAIT_DAYS = 84  # nobody waits longer than this beyond the turn that is due: then people are borrowed
GAP_DAYS = 7  # longer than any run of days without business
RELAXED_DAYS, CATCH_UP = 7, 24  # of what waits beyond so many days' work, one part in so many is done on top

IN_DAYS, IN_HOURS = (
    each(list(PQRS_TYPES), np.full(len(PQRS_TYPES), USUAL_DAY)).astype(np.int64)
    for each in (terms.term_days, terms.term_hours)
)
# By kind (type x 2, + 1 if it has priority), in calendar days; what has no term is in no queue.
USUAL = np.repeat(np.maximum(np.maximum(IN_DAYS * WEEKDAYS // BUSINESS_WEEKDAYS, IN_HOURS // DAY_HOURS), 1), 2)
LOOKED = np.maximum(1, np.array([percent for percent, _ in LOOKED_INTO]) * USUAL[:, None] // 100)
LOOKED[1::2] = (LOOKED[1::2] + 1) // 2  # kinds x leads, calendar days
LOOKED_MAX, AHEAD_DAYS = int(LOOKED.max()), int(USUAL.max()) + 1
FIRST_TURN = WAIT_DAYS + GAP_DAYS + PRIORITY_DAYS + LOOKED_MAX  # no turn lies so many days before the first
DRAIN_DAYS = WAIT_DAYS + AHEAD_DAYS + GAP_DAYS  # after so many days nobody waits any more


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Who waits where: the kinds that a scenario has, and their turns."""

    kinds: Ints
    turn: Ints  # dependencies x kinds: days after arrival by which it is served; may be before it

    @classmethod
    def of(cls, types: Ints, desks: Sequence[Desk]) -> Line:
        kinds = np.stack([types * 2, types * 2 + 1], axis=-1).reshape(-1)
        by_due = np.array([desk.order == BY_DUE_DATE for desk in desks])
        return cls(kinds, by_due[:, None] * USUAL[kinds] - PRIORITY_DAYS * (kinds % 2))


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """Columns of equal length: so many tickets of an opening day, dependency and kind are answered on a day."""

    opened: Ints  # place of the day
    dependency: Ints
    kind: Ints
    day: Ints  # place of the day
    tickets: Ints

    def since(self, first: int) -> Finished:
        """Those that came on or after the day at this place, from which days are counted then."""
        rows = np.flatnonzero(self.opened >= first)
        opened, dependency, kind, day, tickets = (getattr(self, name)[rows] for name in self.__slots__)
        return Finished(opened - first, dependency, kind, day - first, tickets)


def finished(arrived: Ints, room: Ints, *, days: calendar.Days, seed: int, line: Line) -> Finished:
    """`arrived`: days x dependencies x kinds; `room`: days x dependencies. What arrived before the last DRAIN_DAYS days
    is told to its end, in which later days take no part.
    """
    queues = Queues(_leads(arrived, days, seed), line)
    is_business = np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS)
    found = []
    for today in range(len(days)):
        queues.join(today)
        if is_business[today]:
            found.append(queues.serve(today, room[today]))
    day, dependency, place, kind, tickets = (np.concatenate(column) for column in zip(*found, strict=True))
    return Finished(day + place - line.turn[dependency, kind], dependency, kind, day, tickets)


class Queues:
    """What is ready, by dependency, turn (the day by which it is served) and kind; `held` is that without the kind."""

    def __init__(self, leads: Ints, line: Line) -> None:
        """`leads`: days x dependencies x kinds x leads, LOOKED_MAX empty days before the first."""
        (columns, kinds), length = line.turn.shape, FIRST_TURN + len(leads) + AHEAD_DAYS
        self.cells, self.held = np.zeros((columns, length, kinds), np.int64), np.zeros((columns, length), np.int64)
        self._ready, self._per_day = leads.reshape(-1), leads[0].size
        desk, kind, nth = (axis.reshape(-1) for axis in np.indices(leads.shape[1:]))
        came = -LOOKED[line.kinds[kind], nth]  # when that came which is ready today, counted from today
        row = desk * length + FIRST_TURN + came + line.turn[desk, kind]
        order = np.lexsort((kind, row))
        self._source = np.ravel_multi_index((came + LOOKED_MAX, desk, kind, nth), leads.shape)[order]
        self._target, self._starts = np.unique(row[order] * kinds + kind[order], return_index=True)
        self._rows, self._row_starts = np.unique(row[order], return_index=True)

    def join(self, today: int) -> None:
        """Take in what has been looked into by today."""
        ready = self._ready[self._source + today * self._per_day]
        self.cells.reshape(-1)[self._target + today * self.cells.shape[2]] += np.add.reduceat(ready, self._starts)
        self.held.reshape(-1)[self._rows + today] += np.add.reduceat(ready, self._row_starts)

    def serve(self, today: int, room: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """Day, dependency, turn (counted from today), kind and number of what is answered today."""
        first = FIRST_TURN + today - WAIT_DAYS - GAP_DAYS
        held = self.held[:, first : FIRST_TURN + today + AHEAD_DAYS]
        extra = np.maximum(held.sum(axis=1) - RELAXED_DAYS * room, 0) // CATCH_UP
        taken = served(held, room + extra)
        taken[:, :GAP_DAYS] = held[:, :GAP_DAYS]
        dependency, place = np.nonzero(taken)
        waiting = self.cells[dependency, first + place]
        answered = served(waiting, taken[dependency, place])
        self.cells[dependency, first + place] = waiting - answered
        held -= taken
        row, kind = np.nonzero(answered)
        turn = place[row] - WAIT_DAYS - GAP_DAYS
        return np.full(len(row), today), dependency[row], turn, kind, answered[row, kind]


def _leads(arrived: Ints, days: calendar.Days, seed: int) -> Ints:
    """Days (after LOOKED_MAX empty ones) x dependencies x kinds x leads: tickets by how long they are looked into."""
    first, per_day = int(days[0].astype(np.int64)), arrived[0].size
    start = below(words(seed, "desk.lead", range(first * per_day, (first + len(days)) * per_day)), len(TURNS))
    turned = np.zeros((2 * len(TURNS) + 1, len(LOOKED_INTO)), np.int32)
    np.cumsum(np.tile(TURNS, 2)[:, None] == np.arange(len(LOOKED_INTO)), axis=0, out=turned[1:])
    some = np.flatnonzero(arrived.reshape(-1))
    whole, rest = np.divmod(arrived.reshape(-1)[some].astype(np.int32), np.int32(len(TURNS)))
    shares = np.array([share for _, share in LOOKED_INTO], np.int32)
    leads = np.zeros((LOOKED_MAX + len(days), *arrived.shape[1:], len(LOOKED_INTO)), np.int32)
    dealt = whole[:, None] * shares + turned[start[some] + rest] - turned[start[some]]
    leads[LOOKED_MAX:].reshape(-1, len(LOOKED_INTO))[some] = dealt
    return leads
