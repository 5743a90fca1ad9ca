"""The business calendar of Colombia: holidays, business days, and the local day of an instant.

Pure and vectorised (numpy business days). Days are `datetime64[D]` in local time, instants `datetime64[us]` in UTC.
"""

from __future__ import annotations

import csv
import hashlib
from datetime import date, timedelta
from importlib.resources import files
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pqr_common.errors import VerificationFailed

__all__ = [
    "BUSINESS_DAYS", "FIRST_DAY", "HOLIDAYS", "HOLIDAY_NAMES", "LAST_DAY", "TIMEZONE", "UTC_OFFSET", "Days", "Integers",
    "add_business_days", "as_days", "business_days_between", "is_after_long_weekend", "local_day", "local_time",
    "next_business_day", "utc_time",
]  # fmt: skip

Days: TypeAlias = npt.NDArray[np.datetime64]
Integers: TypeAlias = npt.NDArray[np.integer[Any]]

LONG_WEEKEND_DAYS = 3
TIMEZONE = "America/Bogota"
UTC_OFFSET = timedelta(hours=-5)  # of it the whole year: Colombia has no daylight saving
_OFFSET = np.timedelta64(UTC_OFFSET)
HOLIDAYS_SHA256 = "f68dafda7c959e1dfec24a28754462f412027a30280fb72c5b6bf8144a6a4469"


def add_business_days(start: npt.ArrayLike, count: npt.ArrayLike) -> Days:
    """The `count`-th business day after `start`, which is a business day itself; NaT stays NaT."""
    return np.asarray(np.busday_offset(as_days(start), count, roll="backward", busdaycal=BUSINESS_DAYS))


def next_business_day(days: npt.ArrayLike) -> Days:
    """The first business day on or after each day; NaT stays NaT."""
    return np.asarray(np.busday_offset(as_days(days), 0, roll="forward", busdaycal=BUSINESS_DAYS))


def business_days_between(after: npt.ArrayLike, until: npt.ArrayLike) -> Integers:
    """Business days `d` with `after < d <= until`, negative when `until` is the earlier; 0 at NaT."""
    first, last = np.broadcast_arrays(as_days(after), as_days(until))
    known = ~(np.isnat(first) | np.isnat(last))
    any_day = np.datetime64("2020-01-01", "D")
    first, last = np.where(known, first, any_day), np.where(known, last, any_day)
    earlier, later = np.minimum(first, last), np.maximum(first, last)
    count = np.busday_count(earlier + 1, later + 1, busdaycal=BUSINESS_DAYS)
    return np.asarray(np.where(first <= last, count, -count))


def is_after_long_weekend(days: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether each is a business day that follows three days or more without business: a weekend and a holiday."""
    day = as_days(days)
    before = np.busday_offset(day, -1, roll="forward", busdaycal=BUSINESS_DAYS)
    return np.asarray(
        np.is_busday(day, busdaycal=BUSINESS_DAYS) & ((day - before).astype(np.int64) > LONG_WEEKEND_DAYS)
    )


def local_time(instants: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """What the clocks of Bogotá show at each UTC instant."""
    return np.asarray(np.asarray(instants, dtype="datetime64[us]") + _OFFSET)


def utc_time(local: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """The UTC instant at which the clocks of Bogotá show each of these times."""
    return np.asarray(np.asarray(local, dtype="datetime64[us]") - _OFFSET)


def local_day(instants: npt.ArrayLike) -> Days:
    """The day in Bogotá of each UTC instant."""
    return local_time(instants).astype("datetime64[D]")


def as_days(values: npt.ArrayLike) -> Days:
    return np.asarray(values, dtype="datetime64[D]")


def _load_holidays() -> dict[date, str]:
    """The names of the holidays of 2015 to 2035 as the library `holidays` (>= 0.99) resolves them, frozen."""
    content = (files("pqrs") / "data" / "holidays_co.csv").read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != HOLIDAYS_SHA256:
        raise VerificationFailed(
            f"The holidays must have the SHA-256 {HOLIDAYS_SHA256}, found {found} in data/holidays_co.csv: "
            "restore the file, or change HOLIDAYS_SHA256 together with it."
        )
    rows = csv.DictReader(content.decode().splitlines())
    return {date.fromisoformat(row["date"]): row["name"] for row in rows}


HOLIDAY_NAMES = _load_holidays()
HOLIDAYS = np.array(list(HOLIDAY_NAMES), dtype="datetime64[D]")
BUSINESS_DAYS = np.busdaycalendar(weekmask="1111100", holidays=HOLIDAYS)
# The days whose holidays are known: whole years.
FIRST_DAY, LAST_DAY = date(HOLIDAYS[0].item().year, 1, 1), date(HOLIDAYS[-1].item().year, 12, 31)
