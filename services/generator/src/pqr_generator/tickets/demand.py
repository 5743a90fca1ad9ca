"""Demand: how much of the usual volume each day brings, in parts per million of a business day's."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, below, low, words
from pqrs import calendar

__all__ = ["ONE", "calendar_days", "usual_demand"]

ONE = 1_000_000  # the demand of an average business day

# Shapes are our assumptions, for want of published ones: Mondays and the day after a long weekend are
# heavy, January is slow to start, December dips. The five weekdays average 1000, and so do the months.
WEEKDAY_PER_MILLE = np.array([1180, 1060, 1000, 940, 820, 60, 40])
HOLIDAY_PER_MILLE = 30
REBOUND_PER_MILLE = 1250
REBOUND_AFTER_DAYS = 3  # days in a row without business: a weekend with a holiday beside it
YEAR_END_PER_MILLE, YEAR_END = 700, (20, 10)  # from 20 December to 10 January
SWAY_PER_MILLE = 60  # two draws of up to this much, up or down, keep weeks from being copies of each other
MONTH_PER_MILLE = np.array([910, 960, 970, 990, 1010, 1000, 1030, 1030, 1040, 1040, 1020, 1000])


def calendar_days(first: date, last: date) -> calendar.Days:
    """All days from `first` to `last`."""
    return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)


def usual_demand(days: calendar.Days, seed: int) -> Ints:
    """Parts per million of an average business day that each day (consecutive) brings without any peak."""
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    is_holiday = np.isin(days, calendar.HOLIDAYS)
    per_mille = np.where(is_holiday, HOLIDAY_PER_MILLE, WEEKDAY_PER_MILLE[weekday])
    per_mille = np.where(_is_rebound(days), per_mille * REBOUND_PER_MILLE // 1000, per_mille)
    per_mille = np.where(_is_year_end(days), per_mille * YEAR_END_PER_MILLE // 1000, per_mille)
    return np.asarray(per_mille * MONTH_PER_MILLE[month] * _sway(days, seed) // 1000, dtype=np.int64)


def _is_year_end(days: calendar.Days) -> npt.NDArray[np.bool_]:
    month = days.astype("datetime64[M]")
    day, number = (days - month.astype("datetime64[D]")).astype(np.int64) + 1, month.astype(np.int64) % 12 + 1
    december, january = YEAR_END
    return np.asarray(((number == len(MONTH_PER_MILLE)) & (day >= december)) | ((number == 1) & (day <= january)))


def _sway(days: calendar.Days, seed: int) -> Ints:
    """Per mille around 1000, drawn by calendar day."""
    first = int(days[0].astype(np.int64))
    drawn = words(seed, "demand.sway", range(first, first + len(days)))
    span = 2 * SWAY_PER_MILLE + 1
    return 1000 - 2 * SWAY_PER_MILLE + below(drawn, span) + low(drawn, span)


def _is_rebound(days: calendar.Days) -> npt.NDArray[np.bool_]:
    """Business days that follow at least `REBOUND_AFTER_DAYS` days without business."""
    is_business = np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS)
    back = np.busday_offset(days, -1, roll="forward", busdaycal=calendar.BUSINESS_DAYS)
    return np.asarray(is_business & ((days - back).astype(np.int64) > REBOUND_AFTER_DAYS))
