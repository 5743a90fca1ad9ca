"""The objects of a run of arrival days: the raw parts of each day, then its answer key. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from pqr_generator.answer_key import day_key
from pqr_generator.lines.json_lines import json_lines
from pqr_generator.mails.arrivals import Mails, arrivals
from pqr_generator.schema import PART_LINES
from pqr_generator.tickets.opening import DAY_SECONDS
from pqr_generator.tickets.volume import planned_volume
from pqrs.calendar import utc_time
from pqrs.parameters import Parameters

__all__ = ["DayKey", "RawPart", "generate"]


@dataclass(frozen=True, slots=True, eq=False)
class RawPart:
    """Up to PART_LINES lines of a day, in order of arrival; the bounds are the arrivals' own, in UTC."""

    day: date
    number: int
    lines: bytes
    rows: int
    min_at: str | None
    max_at: str | None


@dataclass(frozen=True, slots=True, eq=False)
class DayKey:
    """The answer key of a day."""

    day: date
    table: pa.Table


def generate(parameters: Parameters, first: date, last: date) -> Iterator[RawPart | DayKey]:
    """What arrives from `first` to `last`, day by day; a day's objects do not depend on the days beside it."""
    volume = planned_volume(parameters)
    start, stop = (first - parameters.opens_on).days, (last - parameters.opens_on).days + 1
    arrived = arrivals(parameters, volume, range(start, stop))
    days = volume.days[start:stop]
    edges = np.searchsorted(arrived.mails.received // DAY_SECONDS, np.append(days, days[-1] + 1).astype(np.int64))
    for place, day in enumerate(days):
        mails = arrived.mails.take(slice(edges[place], edges[place + 1]))
        for number in range(max(1, -(-len(mails) // PART_LINES))):
            rows = mails.take(slice(number * PART_LINES, (number + 1) * PART_LINES))
            yield _raw_part(parameters, rows, day=day.item(), number=number)
        yield DayKey(day.item(), day_key(parameters, mails, truths=arrived.truths, day=day))


def _raw_part(parameters: Parameters, mails: Mails, *, day: date, number: int) -> RawPart:
    lines = json_lines(parameters, mails)
    bounds = (_instant(int(mails.received[0])), _instant(int(mails.received[-1]))) if len(mails) else (None, None)
    return RawPart(day, number, lines, len(mails), *bounds)


def _instant(local: int) -> str:
    return f"{utc_time(np.datetime64(local, 's')).astype('datetime64[s]')}Z"
