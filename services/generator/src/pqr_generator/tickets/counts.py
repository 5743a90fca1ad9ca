"""Counts: how many tickets of each dependency and type each day brings, as varied as life. Integers throughout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pqr_generator.draws import Ints, Words, words
from pqr_generator.tickets.demand import ONE, by_day, by_week, usual_demand
from pqr_generator.tickets.variation import ONE_FACTOR, UNIT_BITS, counts
from pqrs import calendar
from pqrs.catalogue import DEPENDENCIES, PQRS_TYPES, TOPICS
from pqrs.parameters import Parameters
from pqrs.scenario import Mix, Peak, Scenario

__all__ = ["DEPENDENCY_OF_TOPIC", "TOPIC_CODES", "Cast", "cast", "counted", "dependency_mix", "targeted"]

DEPENDENCY_CODES = tuple(DEPENDENCIES)
TYPES = len(PQRS_TYPES)
TOPIC_CODES = tuple(topic.code for topic in TOPICS)
DEPENDENCY_OF_TOPIC = np.array([DEPENDENCY_CODES.index(topic.dependency) for topic in TOPICS])
SHARE_BITS = 20  # shares are in parts of 2^20
DEMAND_MAX = 1 << 41  # more than a day may hold, and little enough to be multiplied by shares
WORDS_PER_CELL = 3


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """The dependencies and types that a scenario has, by their places in the catalogue; others cost nothing."""

    desks: Ints
    types: Ints

    @property
    def place_of_desk(self) -> Ints:
        return np.searchsorted(self.desks, np.arange(len(DEPENDENCY_CODES)))

    @property
    def place_of_type(self) -> Ints:
        return np.searchsorted(self.types, np.arange(TYPES))


def cast(scenario: Scenario) -> Cast:
    desks, types = dependency_mix(scenario.topic_mix) > 0, _weights(scenario.type_mix) > 0
    for peak in scenario.peaks:
        desks |= _only(_desk(peak), np.zeros(len(desks), np.int64)) > 0
        types |= _only(_type(peak), np.zeros(len(types), np.int64)) > 0
    return Cast(np.flatnonzero(desks), np.flatnonzero(types))


def targeted(scenario: Scenario) -> list[Peak]:
    """The peaks that add tickets of one type or topic; the others are more of the same."""
    return [peak for peak in scenario.peaks if peak.pqrs_type or peak.topic]


def counted(parameters: Parameters, days: calendar.Days) -> Ints:
    """Segments x days x dependencies x types of the cast, by opening day; a segment is the usual inbox, or a peak's.

    Each count is drawn by itself, keyed by its day: no other day, and no other peak, has a part in it.
    """
    seed, dispersion, who = parameters.seed, parameters.scenario.dispersion, cast(parameters.scenario)
    cells = len(who.desks) * len(who.types)
    by_desk = _swayed(days, seed, "demand.desk", variation=dispersion.desk, columns=len(who.desks))
    by_type = _swayed(days, seed, "demand.type", variation=dispersion.type, columns=len(who.types))
    segments = []
    for name, demand, (desks, types) in _segments(parameters, days):
        some = np.flatnonzero(demand)
        desk_share = (_shares(desks[who.desks]) * by_desk[some]) // ONE_FACTOR
        type_share = (_shares(types[who.types]) * by_type[some]) // ONE_FACTOR
        per_desk = (np.minimum(demand, DEMAND_MAX)[some, None] * desk_share) >> SHARE_BITS
        expected = (per_desk[:, :, None] * type_share[:, None, :]) >> SHARE_BITS
        segment = np.zeros((len(days), cells), np.int64)
        segment[some] = counts(expected.ravel(), _words(days[some], seed, f"count.{name}", cells=cells)).reshape(
            -1, cells
        )
        segments.append(segment)
    return np.stack(segments).reshape(-1, len(days), len(who.desks), len(who.types))


def dependency_mix(topic_mix: Mix) -> Ints:
    """A dependency's weight is that of its topics."""
    weights = np.zeros(len(DEPENDENCY_CODES), np.int64)
    np.add.at(weights, DEPENDENCY_OF_TOPIC, _weights(topic_mix))
    return weights


def _segments(parameters: Parameters, days: calendar.Days) -> Iterator[tuple[str, Ints, tuple[Ints, Ints]]]:
    """Name, expected tickets by day (2^16 to one), and weights of dependencies and of types."""
    scenario, special = parameters.scenario, targeted(parameters.scenario)
    mixes = dependency_mix(scenario.topic_mix), _weights(scenario.type_mix)
    usual = usual_demand(days, parameters.seed, scenario.dispersion) * parameters.tickets_per_business_day
    usual = (usual << UNIT_BITS) // ONE
    plain = [_extra(usual, days, peak) for peak in scenario.peaks if peak not in special]
    yield "usual", np.sum([usual, *plain], axis=0), mixes
    for peak in special:
        only = _only(_desk(peak), mixes[0]), _only(_type(peak), mixes[1])
        yield f"peak.{peak.name}", _extra(usual, days, peak), only


def _desk(peak: Peak) -> int | None:
    return int(DEPENDENCY_OF_TOPIC[TOPIC_CODES.index(peak.topic)]) if peak.topic else None


def _type(peak: Peak) -> int | None:
    return PQRS_TYPES.index(peak.pqrs_type) if peak.pqrs_type else None


def _extra(usual: Ints, days: calendar.Days, peak: Peak) -> Ints:
    inside = (days >= np.datetime64(peak.first, "D")) & (days <= np.datetime64(peak.last, "D"))
    return np.where(inside, usual * (peak.percent - 100) // 100, 0)


def _swayed(days: calendar.Days, seed: int, field: str, *, variation: int, columns: int) -> Ints:
    """By day and column: a factor of the week, and one of the day."""
    week = by_week(days, seed, f"{field}.week", variation=variation, columns=columns)
    return week * by_day(days, seed, f"{field}.day", variation=variation, columns=columns) // ONE_FACTOR


def _words(days: calendar.Days, seed: int, field: str, *, cells: int) -> Words:
    """Of each cell of these days, in between which there is no other."""
    if not len(days):
        return np.empty((0, WORDS_PER_CELL), np.uint64)
    first, last = int(days[0].astype(np.int64)), int(days[-1].astype(np.int64)) + 1
    per_day = cells * WORDS_PER_CELL
    drawn = words(seed, field, range(first * per_day, last * per_day)).reshape(-1, cells, WORDS_PER_CELL)
    return np.asarray(drawn[days.astype(np.int64) - first].reshape(-1, WORDS_PER_CELL))


def _shares(weights: Ints) -> Ints:
    return np.asarray((weights << SHARE_BITS) // weights.sum())


def _weights(mix: Mix) -> Ints:
    return np.array([weight for _, weight in mix])


def _only(place: int | None, weights: Ints) -> Ints:
    return weights if place is None else (np.arange(len(weights)) == place).astype(np.int64)
