"""Volume: integer counts of tickets by day, dependency and type from the opening day on, and what becomes of them.

Prefix sums give each day its first ticket, and each day and dependency its first radicado, without looking at a single
ticket. What a day brings depends on that day; what becomes of it, on the year that it lies in and on those before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from pqr_common.errors import InvalidSettings
from pqr_generator.draws import Ints
from pqr_generator.tickets.counts import DEPENDENCY_CODES, TOPIC_CODES, Cast, cast, counted, targeted
from pqr_generator.tickets.demand import calendar_days
from pqr_generator.tickets.desks import DRAIN_DAYS
from pqr_generator.tickets.fates import HAS_TERM, Fates, decided
from pqrs import calendar
from pqrs.parameters import Parameters

__all__ = ["SEQUENCE_MAX", "Volume", "planned_volume", "validate"]

SEQUENCE_MAX = 999_999  # six digits of the radicado, by year and dependency
DAY_TICKETS_MAX = 2**24 - 1  # what the shuffle of `opening.py` can tell apart within a day
MONTHS = 3  # of a quarter
# Desks are at work long before the inbox opens: so many days of what came otherwise lie on them, and are no tickets.
BACKLOG_DAYS = 90
ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Counts by opening day. A segment is the usual inbox (0) or what a peak with a type or topic adds.

    Shapes: D days, S segments; E dependencies and T types of the catalogue, e and t of the cast. `first_ticket` has
    D + 1 entries; `fates` reaches to the end of the last day's quarter.
    """

    days: calendar.Days
    first_ticket: Ints
    cast: Cast
    by_cell: Ints  # S x D x e x t
    first_sequence: Ints  # D x E: the sequence number of the day's first radicado
    topic_of_segment: tuple[int, ...]  # S: a topic, or -1 where the mix decides
    fates: Fates

    @property
    def tickets(self) -> Ints:
        """Tickets of each day."""
        return np.diff(self.first_ticket)

    @property
    def by_type(self) -> Ints:
        """D x T."""
        return self._types(self.by_cell.sum(axis=(0, 2)))

    @property
    def by_dependency(self) -> Ints:
        """D x E."""
        return spread(self.by_cell.sum(axis=(0, 3)), self.cast.desks, len(DEPENDENCY_CODES))

    @property
    def transferred(self) -> Ints:
        """D x T; with those whose number is annulled, as both end outside the rate."""
        return self._types(self.fates.transferred[: len(self.days)].sum(axis=1))

    @property
    def breached(self) -> Ints:
        """D x T."""
        return self._types(self.fates.breached[: len(self.days)].sum(axis=1))

    @property
    def eligible(self) -> Ints:
        """D x T: tickets that have a term and are not transferred, the denominator of the breach rate."""
        return np.asarray(self.by_type * HAS_TERM - self.transferred)

    def _types(self, counts: Ints) -> Ints:
        return spread(counts, self.cast.types, len(HAS_TERM))


def spread(counts: Ints, places: Ints, columns: int) -> Ints:
    """The columns of a table at their places among more, which are empty."""
    wide = np.zeros((len(counts), columns), np.int64)
    wide[:, places] = counts
    return wide


@lru_cache(maxsize=4)
def planned_volume(parameters: Parameters) -> Volume:
    """From the opening day to the end of the window; its prefixes do not depend on the window."""
    whole = _whole_quarters(replace(parameters, window_from=parameters.opens_on, window_to=_quarter_end(parameters)))
    count = (parameters.window_to - parameters.opens_on).days + 1
    return replace(
        whole,
        days=whole.days[:count],
        first_ticket=whole.first_ticket[: count + 1],
        by_cell=whole.by_cell[:, :count],
        first_sequence=whole.first_sequence[:count],
    )


def validate(parameters: Parameters) -> None:
    """Raise InvalidSettings if the volume outgrows the radicado's six digits or a day's index."""
    volume = planned_volume(parameters)
    last = volume.first_sequence + volume.by_dependency - 1
    if last.max() > SEQUENCE_MAX:
        day, dependency = np.unravel_index(np.argmax(last > SEQUENCE_MAX), last.shape)
        raise InvalidSettings(
            f"Radicados must fit six digits, at most {SEQUENCE_MAX} a dependency and year, found number "
            f"{last[day, dependency]} in dependency {DEPENDENCY_CODES[dependency]} on {volume.days[day]}: "
            f"lower the {parameters.tickets_per_business_day} tickets per business day."
        )
    if volume.tickets.max() > DAY_TICKETS_MAX:
        raise InvalidSettings(
            f"A day must hold at most {DAY_TICKETS_MAX} tickets, found {volume.tickets.max()} on "
            f"{volume.days[volume.tickets.argmax()]}: lower the tickets per business day or the peak."
        )


@lru_cache(maxsize=4)
def _whole_quarters(parameters: Parameters) -> Volume:
    """As `planned_volume`, for a window from the opening day to the end of a quarter."""
    last = np.datetime64(parameters.window_to, "D")
    year_end = (last.astype("datetime64[Y]") + 1).astype("datetime64[D]") - ONE_DAY
    horizon = max(year_end, last + DRAIN_DAYS * ONE_DAY)
    days = calendar_days(parameters.opens_on - timedelta(days=BACKLOG_DAYS), horizon.item())
    by_cell = counted(parameters, days)
    fates = decided(parameters, days, by_cell.sum(axis=0), span=(BACKLOG_DAYS, int((last - days[0]).astype(int)) + 1))
    span = slice(BACKLOG_DAYS, BACKLOG_DAYS + len(fates.transferred))
    days, by_cell = days[span], by_cell[:, span]
    arrived, who = by_cell.sum(axis=0), cast(parameters.scenario)
    by_desk = spread(arrived.sum(axis=2), who.desks, len(DEPENDENCY_CODES))
    special = targeted(parameters.scenario)
    return Volume(
        days=days,
        first_ticket=np.concatenate([[0], np.cumsum(arrived.sum(axis=(1, 2)))]),
        cast=who,
        by_cell=by_cell,
        first_sequence=_first_sequences(days, by_desk),
        topic_of_segment=(-1, *(TOPIC_CODES.index(peak.topic) if peak.topic else -1 for peak in special)),
        fates=fates,
    )


def _quarter_end(parameters: Parameters) -> date:
    quarter = np.datetime64(parameters.window_to, "M").astype(np.int64) // MONTHS
    end: date = (np.datetime64((int(quarter) + 1) * MONTHS, "M").astype("datetime64[D]") - ONE_DAY).item()
    return end


def _first_sequences(days: calendar.Days, by_dependency: Ints) -> Ints:
    """1 + what the dependency received before that day in that year."""
    before = np.cumsum(by_dependency, axis=0) - by_dependency
    new_year = np.searchsorted(days, days.astype("datetime64[Y]").astype("datetime64[D]"))
    return np.asarray(1 + before - before[new_year])
