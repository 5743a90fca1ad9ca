"""Demand: how much of the usual volume each day brings, in parts per million of a business day's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints
from pqr_generator.tickets.variation import ONE_FACTOR, factors
from pqrs import calendar
from pqrs.staffing import Dispersion

__all__ = ["ONE", "by_day", "by_week", "calendar_days", "usual_demand"]

ONE = 1_000_000  # the demand of an average business day

# Shapes are our assumptions, for want of published ones: Mondays and the day after a long weekend are
# heavy, January is slow to start, December dips. The five weekdays average 1000, and so do the months.
WEEKDAY_PER_MILLE = np.array([1180, 1060, 1000, 940, 820, 60, 40])
HOLIDAY_PER_MILLE = 30
REBOUND_PER_MILLE = 1250
YEAR_END_PER_MILLE, YEAR_END = 700, (20, 10)  # from 20 December to 10 January
MONTH_PER_MILLE = np.array([910, 960, 970, 990, 1010, 1000, 1030, 1030, 1040, 1040, 1020, 1000])


def calendar_days(first: date, last: date) -> calendar.Days:
    """All days from `first` to `last`."""
    return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)


def usual_demand(days: calendar.Days, seed: int, dispersion: Dispersion) -> Ints:
    """Parts per million of an average business day that each day (consecutive) brings without any peak."""
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    is_holiday = np.isin(days, calendar.HOLIDAYS)
    per_mille = np.where(is_holiday, HOLIDAY_PER_MILLE, WEEKDAY_PER_MILLE[weekday])
    per_mille = np.where(calendar.is_after_long_weekend(days), per_mille * REBOUND_PER_MILLE // 1000, per_mille)
    per_mille = np.where(_is_year_end(days), per_mille * YEAR_END_PER_MILLE // 1000, per_mille)
    demand = per_mille * MONTH_PER_MILLE[month]
    for sway in _sways(days, seed, dispersion):
        demand = demand * sway // ONE_FACTOR
    return np.asarray(demand, dtype=np.int64)


def by_day(days: calendar.Days, seed: int, field: str, *, variation: int, columns: int = 1) -> Ints:
    """Days x columns: factors keyed by calendar day."""
    return _factors(days.astype(np.int64), seed, field, variation=variation, columns=columns)


def by_week(days: calendar.Days, seed: int, field: str, *, variation: int, columns: int = 1) -> Ints:
    """Days x columns: factors keyed by the week, which begins on Monday."""
    return _factors((days.astype(np.int64) + 3) // 7, seed, field, variation=variation, columns=columns)


def _is_year_end(days: calendar.Days) -> npt.NDArray[np.bool_]:
    month = days.astype("datetime64[M]")
    day, number = (days - month.astype("datetime64[D]")).astype(np.int64) + 1, month.astype(np.int64) % 12 + 1
    december, january = YEAR_END
    return np.asarray(((number == len(MONTH_PER_MILLE)) & (day >= december)) | ((number == 1) & (day <= january)))


def _sways(days: calendar.Days, seed: int, dispersion: Dispersion) -> Iterator[Ints]:
    """What months, weeks and days have in common, whoever writes: neighbouring days resemble each other."""
    months = days.astype("datetime64[M]").astype(np.int64)
    yield _factors(months, seed, "demand.month", variation=dispersion.month)[:, 0]
    yield by_week(days, seed, "demand.week", variation=dispersion.week)[:, 0]
    yield by_day(days, seed, "demand.day", variation=dispersion.day)[:, 0]


def _factors(numbers: Ints, seed: int, field: str, *, variation: int, columns: int = 1) -> Ints:
    """One row for each of these numbers, which rise."""
    first, last = int(numbers[0]), int(numbers[-1]) + 1
    drawn = factors(seed, field, range(first * columns, last * columns), variation=variation)
    return np.asarray(drawn.reshape(-1, columns)[numbers - first])
