"""Fates: which tickets of each day are passed on, breached or answered in time, and after how many business days.

The desks say when what is likely to be answered, the quota how many of that are breached. Both count by day,
dependency, type and priority, so a fate is a run of equal tickets, in one integer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pqr_generator.draws import Ints
from pqr_generator.tickets.breaches import Quota, breached, quota_of, waits
from pqr_generator.tickets.capacity import capacities
from pqr_generator.tickets.counts import Cast, cast
from pqr_generator.tickets.demand import by_week
from pqr_generator.tickets.desks import DRAIN_DAYS, Finished, Line, finished
from pqr_generator.tickets.quotas import diffused
from pqr_generator.tickets.variation import ONE_FACTOR
from pqrs import calendar, terms
from pqrs.catalogue import PQRS_TYPES
from pqrs.parameters import Parameters

__all__ = ["BREACHED", "HAS_TERM", "IN_TERM", "TRANSFERRED", "Fates", "decided", "unpacked"]

IN_TERM, TRANSFERRED, BREACHED = 0, 1, 2  # the planned end; what has no term counts as in term
HAS_TERM = np.array(
    [any(p.term_days is not None for p in terms.POLICIES if p.pqrs_type == code) for code in PQRS_TYPES]
)
TRANSFERS_PER_ANSWER = 4  # so many are passed on in the time of one answer; an assumption
WAIT_BITS, ENDING_BITS, KIND_BITS, DESK_BITS = 8, 2, 6, 6  # of a fate
FATE_BITS = WAIT_BITS + ENDING_BITS + KIND_BITS + DESK_BITS


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """Runs of tickets of one day and one fate, sorted by day; `first_run` has one entry a day and one more."""

    first_run: Ints
    fate: Ints
    tickets: Ints
    transferred: Ints  # days x dependencies x types
    breached: Ints  # days x dependencies x types
    quota: Quota  # of the quarters that are decided, as they came out


def decided(parameters: Parameters, days: calendar.Days, arrived: Ints, *, span: tuple[int, int]) -> Fates:
    """The fates of the days from `span[0]` up to `span[1]`, which ends with a quarter; earlier ones only lie on desks.

    `arrived`: days x dependencies x types, to the end of that year at least and for DRAIN_DAYS after the quarter.
    """
    (since, until), who = span, cast(parameters.scenario)
    has_term = HAS_TERM[who.types]
    transferred = _transferred(parameters, days, arrived * has_term)
    eligible = arrived * has_term - transferred
    done = _answered(parameters, days, eligible, transferred=transferred, until=until)
    days, done = days[since:], done.since(since)
    quota = quota_of(days, eligible[since:].sum(axis=1), parameters.breach_rate)
    wait, margin = waits(days, done, who.types)
    late = breached(days, done, margin=margin, quota=quota)
    by_cell = np.zeros((until - since, *arrived.shape[1:]), np.int64)
    np.add.at(by_cell, (done.opened, done.dependency, done.kind >> 1), late)
    apart = transferred[since:until], (arrived * ~has_term)[since:until]
    runs = [*_runs(done, wait, late, who=who), _cells(apart[0], TRANSFERRED, who), _cells(apart[1], IN_TERM, who)]
    fate, tickets = (np.concatenate(column) for column in zip(*runs, strict=True))
    order = np.argsort(fate, kind="stable")
    order = order[tickets[order] > 0]
    first_run = np.searchsorted(fate[order] >> FATE_BITS, np.arange(len(by_cell) + 1))
    kept = quota.quarters <= days[len(by_cell) - 1]
    starts = np.searchsorted(days, quota.quarters[kept])
    return Fates(
        first_run=first_run,
        fate=fate[order] & ((1 << FATE_BITS) - 1),
        tickets=tickets[order],
        transferred=apart[0],
        breached=by_cell,
        quota=Quota(quota.quarters[kept], quota.eligible[kept], np.add.reduceat(by_cell.sum(axis=1), starts)),
    )


def unpacked(fate: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Dependency, type, priority, ending, and business days from reception to the answer."""
    kind = fate >> (ENDING_BITS + WAIT_BITS) & ((1 << KIND_BITS) - 1)
    ending = fate >> WAIT_BITS & ((1 << ENDING_BITS) - 1)
    return fate >> (FATE_BITS - DESK_BITS), kind >> 1, kind & 1, ending, fate & ((1 << WAIT_BITS) - 1)


def _transferred(parameters: Parameters, days: calendar.Days, with_term: Ints) -> Ints:
    """Type by type the rate, which varies from week to week; with those whose number is annulled."""
    sway = by_week(days, parameters.seed, "demand.transfer", variation=parameters.scenario.dispersion.transfer)
    rates = parameters.scenario.rates
    rate = np.clip(rates.transfer * sway[:, 0] + rates.annulled * ONE_FACTOR, 0, 1000 * ONE_FACTOR)
    cells = with_term.reshape(-1, with_term.shape[2])
    return diffused(cells, np.repeat(rate, with_term.shape[1])[:, None], 1000 * ONE_FACTOR).reshape(with_term.shape)


def _answered(
    parameters: Parameters, days: calendar.Days, eligible: Ints, *, transferred: Ints, until: int
) -> Finished:
    """When the desks answer what came on the first `until` days."""
    who, span = cast(parameters.scenario), slice(0, until + DRAIN_DAYS)
    cells = eligible.reshape(-1, len(who.types))
    line = Line.of(who.types, [parameters.scenario.desks[desk] for desk in who.desks])
    urgent = diffused(cells, np.array(parameters.scenario.rates.priority), 1000)
    kinds = np.stack([cells - urgent, urgent], axis=-1).reshape(*eligible.shape[:2], -1)
    room = capacities(parameters, days[span], who) - transferred[span].sum(axis=2) // TRANSFERS_PER_ANSWER
    done = finished(kinds[span], np.maximum(room, 0), days=days[span], seed=parameters.seed, line=line)
    rows = np.flatnonzero(done.opened < until)
    return Finished(*(getattr(done, name)[rows] for name in Finished.__slots__))


def _runs(done: Finished, wait: Ints, late: Ints, *, who: Cast) -> Iterator[tuple[Ints, Ints]]:
    desk, kind = who.desks[done.dependency], who.types[done.kind >> 1] * 2 + (done.kind & 1)
    for ending, tickets in ((BREACHED, late), (IN_TERM, done.tickets - late)):
        yield _packed(done.opened, desk, kind, ending=ending, wait=wait), tickets


def _cells(tickets: Ints, ending: int, who: Cast) -> tuple[Ints, Ints]:
    """Cells of days x dependencies x types, all of one ending and without an answer to wait for."""
    where = np.nonzero(tickets)
    fate = _packed(where[0], who.desks[where[1]], who.types[where[2]] * 2, ending=ending, wait=0)
    return fate, tickets[where]


def _packed(day: Ints, dependency: Ints, kind: Ints, *, ending: int, wait: Ints | int) -> Ints:
    fate = (day << DESK_BITS | dependency) << KIND_BITS | kind
    return np.asarray((fate << ENDING_BITS | ending) << WAIT_BITS | wait, np.int64)
