"""Capacity: how many tickets the people of each dependency can finish on each day, in whole tickets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, chance, words
from pqr_generator.tickets.counts import DEPENDENCY_CODES, Cast, dependency_mix
from pqr_generator.tickets.demand import WEEKDAY_PER_MILLE, by_week
from pqr_generator.tickets.variation import ONE_FACTOR
from pqrs import calendar
from pqrs.parameters import Parameters

__all__ = ["capacities"]

UNIT_BITS = 16  # capacity is counted in parts of a ticket, 2^16 to one
ABSENT_PER_MILLE = 60  # of people on a day; holidays of their own come on top. All of these are assumptions
HOLIDAY_MONTHS = {1: 120, 6: 60, 7: 60, 12: 150}
PUSH_PER_MILLE, PUSH_DAYS = 1300, 3  # the last business days of a month, when figures are due


def capacities(parameters: Parameters, days: calendar.Days, who: Cast) -> Ints:
    """Days x dependencies of the cast: tickets with a term that can be finished; none but on business days."""
    scenario, seed = parameters.scenario, parameters.seed
    people = {DEPENDENCY_CODES[desk]: scenario.desks[desk].people for desk in who.desks}
    room = _load(parameters)[who.desks] * np.array([scenario.desks[desk].staff for desk in who.desks]) // 100
    columns = len(who.desks)
    room = room * by_week(days, seed, "desk.productivity", variation=scenario.dispersion.productivity, columns=columns)
    room = room // ONE_FACTOR * _present(days, seed, people) // 1000
    room = room * _push(days)[:, None] // 1000
    is_business = np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS)
    return np.diff(np.cumsum(room * is_business[:, None], axis=0) >> UNIT_BITS, axis=0, prepend=0)


def _load(parameters: Parameters) -> Ints:
    """By dependency: what a business day brings it, with its share of the weekend, transfers apart."""
    mix, stays = dependency_mix(parameters.scenario.topic_mix), 1000 - parameters.scenario.rates.transfer
    a_day = parameters.tickets_per_business_day * int(WEEKDAY_PER_MILLE.sum()) // 5
    return np.asarray((a_day << UNIT_BITS) * mix // mix.sum() // 1000 * stays // 1000)


def _present(days: calendar.Days, seed: int, people: dict[str, int]) -> Ints:
    """Days x dependencies: people at their desks per mille of all."""
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    away = ABSENT_PER_MILLE + np.array([HOLIDAY_MONTHS.get(number, 0) for number in range(13)])[month]
    first, last, columns = int(days[0].astype(np.int64)), int(days[-1].astype(np.int64)) + 1, []
    for code, count in people.items():
        drawn = words(seed, f"desk.absent.{code}", range(first * count, last * count)).reshape(-1, count)
        columns.append(1000 - chance(drawn, away[:, None], 1000).sum(axis=1) * 1000 // count)
    return np.stack(columns, axis=1)


def _push(days: calendar.Days) -> Ints:
    """By day, per mille: more on the last business days of a month."""
    month_end = (days.astype("datetime64[M]") + 1).astype("datetime64[D]")
    left = np.busday_count(days, month_end, busdaycal=calendar.BUSINESS_DAYS)
    is_late: npt.NDArray[np.bool_] = left <= PUSH_DAYS
    return np.where(is_late, PUSH_PER_MILLE, 1000)
