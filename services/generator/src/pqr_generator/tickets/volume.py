"""Volume: integer counts of tickets by day, type and dependency, from the opening day on.

Everything is error diffusion over exact integers (cumulative floors), so that any prefix of the days
holds its quotas to within one ticket, and prefix sums give each day its first ticket and each day and
dependency its first radicado without looking at a single ticket.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pqr_common.errors import InvalidSettings
from pqr_generator.draws import Ints
from pqr_generator.tickets.demand import ONE, calendar_days, usual_demand
from pqrs import calendar, terms
from pqrs.catalogue import DEPENDENCIES, PQRS_TYPES, TOPICS
from pqrs.parameters import Parameters
from pqrs.scenario import Peak

__all__ = ["SEQUENCE_MAX", "Volume", "planned_volume", "validate"]

SEQUENCE_MAX = 999_999  # six digits of the radicado, by year and dependency
DAY_TICKETS_MAX = 2**24 - 1  # what the shuffles of `opening.py` can tell apart within a day
DEPENDENCY_CODES = tuple(DEPENDENCIES)
TOPIC_CODES = tuple(topic.code for topic in TOPICS)
DEPENDENCY_OF_TOPIC = np.array([DEPENDENCY_CODES.index(topic.dependency) for topic in TOPICS])
HAS_TERM = np.array(
    [any(p.term_days is not None for p in terms.POLICIES if p.pqrs_type == code) for code in PQRS_TYPES]
)


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Counts by opening day. A segment is the usual inbox (0) or what a peak with a type or topic adds.

    Shapes: D days, S segments, T types, E dependencies. `first_ticket` has D + 1 entries.
    """

    days: calendar.Days
    first_ticket: Ints
    by_type: Ints  # S x D x T
    by_dependency: Ints  # S x D x E
    first_sequence: Ints  # D x E: the sequence number of the day's first radicado
    transferred: Ints  # D x T; with those whose number is annulled, as both end outside the rate
    breached: Ints  # D x T
    topic_of_segment: tuple[int, ...]  # S: a topic, or -1 where the mix decides

    @property
    def tickets(self) -> Ints:
        """Tickets of each day."""
        return np.diff(self.first_ticket)

    @property
    def eligible(self) -> Ints:
        """D x T: tickets that have a term and are not transferred, the denominator of the breach rate."""
        return np.asarray(self.by_type.sum(axis=0) * HAS_TERM - self.transferred)


@lru_cache(maxsize=4)
def planned_volume(parameters: Parameters) -> Volume:
    """From the opening day to the end of the window; its prefixes do not depend on the window."""
    scenario = parameters.scenario
    days = calendar_days(parameters.opens_on, parameters.window_to)
    targeted = [peak for peak in scenario.peaks if peak.pqrs_type or peak.topic]
    totals = [_daily(demand) for demand in _demands(parameters, days, targeted)]
    types, dependencies = [_mix(scenario.type_mix)], [_dependency_mix(scenario.topic_mix)]
    for peak in targeted:
        types.append(_only(peak.pqrs_type, PQRS_TYPES) or types[0])
        dependencies.append(_only(_dependency(peak), DEPENDENCY_CODES) or dependencies[0])
    by_type = np.stack([_split(total, mix) for total, mix in zip(totals, types, strict=True)])
    by_dependency = np.stack([_split(total, mix) for total, mix in zip(totals, dependencies, strict=True)])
    with_term = by_type.sum(axis=0) * HAS_TERM
    transferred = _quota(with_term, scenario.rates.transfer + scenario.rates.annulled, 1_000)
    return Volume(
        days=days,
        first_ticket=np.concatenate([[0], np.cumsum(np.sum(totals, axis=0))]),
        by_type=by_type,
        by_dependency=by_dependency,
        first_sequence=_first_sequences(days, by_dependency.sum(axis=0)),
        transferred=transferred,
        breached=_quota(with_term - transferred, *parameters.breach_rate.as_integer_ratio()),
        topic_of_segment=(-1, *(TOPIC_CODES.index(peak.topic) if peak.topic else -1 for peak in targeted)),
    )


def validate(parameters: Parameters) -> None:
    """Raise InvalidSettings if the volume outgrows the radicado's six digits or a day's index."""
    volume = planned_volume(parameters)
    last = volume.first_sequence + volume.by_dependency.sum(axis=0) - 1
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


def _demands(parameters: Parameters, days: calendar.Days, targeted: list[Peak]) -> list[Ints]:
    """Parts per million of one ticket by day: the usual inbox with its plain peaks, then each targeted peak."""
    usual = usual_demand(days, parameters.seed) * parameters.tickets_per_business_day
    plain = [peak for peak in parameters.scenario.peaks if peak not in targeted]
    extra = [_extra(usual, days, peak) for peak in plain]
    return [np.sum([usual, *extra], axis=0), *(_extra(usual, days, peak) for peak in targeted)]


def _extra(usual: Ints, days: calendar.Days, peak: Peak) -> Ints:
    inside = (days >= np.datetime64(peak.first, "D")) & (days <= np.datetime64(peak.last, "D"))
    return np.where(inside, usual * (peak.percent - 100) // 100, 0)


def _daily(demand: Ints) -> Ints:
    """Whole tickets by day whose sums follow the demand to within one ticket."""
    return np.diff(np.cumsum(demand) // ONE, prepend=0)


def _mix(mix: tuple[tuple[str, int], ...]) -> tuple[int, ...]:
    return tuple(weight for _, weight in mix)


def _dependency_mix(topic_mix: tuple[tuple[str, int], ...]) -> tuple[int, ...]:
    weights = np.zeros(len(DEPENDENCY_CODES), np.int64)
    np.add.at(weights, DEPENDENCY_OF_TOPIC, _mix(topic_mix))
    return tuple(weights.tolist())


def _dependency(peak: Peak) -> str | None:
    return TOPICS[TOPIC_CODES.index(peak.topic)].dependency if peak.topic else None


def _only(code: str | None, codes: tuple[str, ...]) -> tuple[int, ...] | None:
    return tuple(int(code == other) for other in codes) if code else None


def _split(totals: Ints, weights: tuple[int, ...]) -> Ints:
    """Days x codes: the tickets, numbered through, take their codes from a wheel that repeats the weights."""
    wheel = _wheel(weights)
    turned = np.zeros((len(wheel) + 1, len(weights)), dtype=np.int64)
    np.cumsum(wheel[:, None] == np.arange(len(weights)), axis=0, out=turned[1:])
    turns, rest = np.divmod(np.cumsum(totals), len(wheel))
    return np.asarray(np.diff(turns[:, None] * np.array(weights) + turned[rest], axis=0, prepend=0))


def _wheel(weights: tuple[int, ...]) -> Ints:
    """Each code as often as its weight, as evenly spread as integers allow."""
    codes = np.repeat(np.arange(len(weights)), weights)
    weight = np.array(weights)[codes]
    nth = np.arange(len(codes)) - np.repeat(np.cumsum(weights) - weights, weights)
    position = (2 * nth + 1) * (1 << 40) // (2 * weight)
    return np.asarray(codes[np.lexsort((codes, position))], dtype=np.int64)


def _quota(cells: npt.NDArray[np.int64], numerator: int, denominator: int) -> Ints:
    """Exactly floor(rate x prefix) of the tickets, over cells in the order of days, then types."""
    cumulative = np.cumsum(cells.ravel()) * numerator // denominator
    return np.asarray(np.diff(cumulative, prepend=0).reshape(cells.shape))


def _first_sequences(days: calendar.Days, by_dependency: Ints) -> Ints:
    """1 + what the dependency received before that day in that year."""
    before = np.cumsum(by_dependency, axis=0) - by_dependency
    new_year = np.searchsorted(days, days.astype("datetime64[Y]").astype("datetime64[D]"))
    return np.asarray(1 + before - before[new_year])
