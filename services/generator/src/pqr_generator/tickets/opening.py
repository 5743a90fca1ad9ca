"""The tickets of a few consecutive opening days: when each request arrives, about what, from whom, to what end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, Words, below, low, pick, words
from pqr_generator.tickets.campaigns import NONE, campaigns, joined
from pqr_generator.tickets.counts import DEPENDENCY_OF_TOPIC
from pqr_generator.tickets.fates import unpacked
from pqr_generator.tickets.people import suited, writers
from pqr_generator.tickets.reiterated import reiterated
from pqr_generator.tickets.volume import Volume
from pqrs.calendar import BUSINESS_DAYS
from pqrs.catalogue import DEPENDENCIES, TOPICS
from pqrs.parameters import Parameters

__all__ = ["DAY_SECONDS", "Tickets", "opened"]

DAY_SECONDS = 86_400

# Requests by local hour, business days and other days: our assumption.
HOUR_WEIGHTS = np.array([6, 4, 3, 2, 3, 8, 20, 45, 85, 100, 98, 86, 62, 58, 74, 78, 70, 52, 40, 34, 30, 24, 16, 10])
IDLE_HOUR_WEIGHTS = np.array([8, 5, 3, 2, 2, 4, 8, 18, 34, 48, 56, 58, 52, 44, 42, 44, 46, 44, 42, 40, 36, 28, 18, 12])


@dataclass(frozen=True, slots=True, eq=False)
class Tickets:
    """Columns of equal length, one entry per ticket, in order of reception. Times are local seconds since 1970."""

    first: int  # index of the first ticket; the others follow without gap
    day: Ints  # opening day, days since 1970
    opened: Ints
    kind: Ints  # index of the type of PQRS
    topic: Ints
    dependency: Ints
    sequence: Ints  # of the radicado, within year and dependency
    is_urgent: npt.NDArray[np.bool_]
    ending: npt.NDArray[np.int8]
    wait: Ints  # business days from reception to the answer that the desks are up to, 0 where none is due
    citizen: Ints
    is_reiterated: npt.NDArray[np.bool_]
    campaign: Ints  # NONE, or which letter of many it is

    def __len__(self) -> int:
        return len(self.day)

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + len(self))


def opened(parameters: Parameters, volume: Volume, days: range) -> Tickets:
    """The tickets opened on these consecutive days of the volume."""
    span = slice(days.start, days.stop)
    numbers = range(*volume.first_ticket[[days.start, days.stop]].tolist())

    def drawn(field: str) -> Words:
        return words(parameters.seed, field, numbers)

    rows = np.repeat(np.arange(len(days)), volume.tickets[span])
    day = volume.days[span].astype(np.int64)[rows]
    dependency, kind, priority, ending, wait = unpacked(_dealt(volume, span, _shuffled(rows, drawn("ticket.place"))))
    about = drawn("ticket.topic")
    segment = _segments(volume, span, cell=(rows, dependency, kind), drawn=about)
    topic = _topics(parameters, volume, segment=segment, dependency=dependency, drawn=about)
    citizen = suited(parameters, numbers, citizen=writers(drawn("ticket.citizen")), kind=kind, topic=topic)
    is_reiterated, citizen = reiterated(parameters, numbers, topic=topic, citizen=citizen)
    campaign = np.where(is_reiterated, NONE, campaigns(parameters, numbers, day=day, topic=topic, kind=kind))
    return Tickets(
        first=numbers.start,
        day=day,
        opened=_reception(day, drawn("ticket.second")),
        kind=kind,
        topic=topic,
        dependency=dependency,
        sequence=_sequences(volume.first_sequence[span], rows, dependency),
        is_urgent=priority > 0,
        ending=ending.astype(np.int8),
        wait=wait,
        citizen=joined(citizen, campaign, numbers=numbers),
        is_reiterated=is_reiterated,
        campaign=campaign,
    )


def _shuffled(rows: Ints, drawn: Words) -> Ints:
    """Ticket offsets sorted by day, then draw.

    All of it is packed into one integer that also holds the ticket, so no two are equal and any way of sorting
    gives the same order: 8 bits of day, 32 drawn, 24 of the ticket within its day.
    """
    starts = np.searchsorted(rows, np.arange(rows[-1] + 2 if len(rows) else 1))
    packed = rows.astype(np.uint64) << np.uint64(56)
    packed |= (drawn >> np.uint64(32)) << np.uint64(24)
    packed |= (np.arange(len(rows)) - starts[rows]).astype(np.uint64)
    packed.sort()
    day = (packed >> np.uint64(56)).astype(np.int64)
    return starts[day] + (packed & np.uint64(0xFF_FFFF)).astype(np.int64)


def _dealt(volume: Volume, span: slice, order: Ints) -> Ints:
    """The fate of each ticket: the planned ones, dealt to the tickets of their day in this order."""
    fates = volume.fates
    runs = slice(*fates.first_run[[span.start, span.stop]].tolist())
    fate = np.empty(len(order), np.int64)
    fate[order] = np.repeat(fates.fate[runs], fates.tickets[runs])
    return fate


def _reception(days: Ints, drawn: Words) -> Ints:
    """Local seconds at which the requests arrive, sorted: the j-th ticket of a day is the j-th to arrive."""
    is_business = np.is_busday(days.astype("datetime64[D]"), busdaycal=BUSINESS_DAYS)
    hour = np.where(is_business, pick(drawn, HOUR_WEIGHTS), pick(drawn, IDLE_HOUR_WEIGHTS))
    return np.sort(days * DAY_SECONDS + hour * 3600 + low(drawn, 3600))


def _segments(volume: Volume, span: slice, *, cell: tuple[Ints, Ints, Ints], drawn: Words) -> Ints:
    """By chance the usual inbox or a peak, in proportion to what either brought to the ticket's cell."""
    row, dependency, kind = cell
    cell = row, volume.cast.place_of_desk[dependency], volume.cast.place_of_type[kind]
    counts = volume.by_cell[:, span]
    place = low(drawn, counts.sum(axis=0)[cell])
    segment = np.zeros(len(place), np.int64)
    for before in np.cumsum(counts, axis=0)[:-1]:
        segment += place >= before[cell]
    return segment


def _topics(parameters: Parameters, volume: Volume, *, segment: Ints, dependency: Ints, drawn: Words) -> Ints:
    """The segment's topic if it has one, else one of the dependency's own by weight."""
    weights = np.array([weight for _, weight in parameters.scenario.topic_mix])
    order = np.lexsort((np.arange(len(TOPICS)), DEPENDENCY_OF_TOPIC))
    cumulative = np.cumsum(weights[order])
    per_desk = np.zeros(len(DEPENDENCIES), np.int64)
    np.add.at(per_desk, DEPENDENCY_OF_TOPIC, weights)
    place = (np.cumsum(per_desk) - per_desk)[dependency] + below(drawn, per_desk[dependency])
    by_mix = order[np.minimum(np.searchsorted(cumulative, place, side="right"), len(order) - 1)]
    fixed = np.array(volume.topic_of_segment)[segment]
    return np.where(fixed >= 0, fixed, by_mix).astype(np.int64)


def _sequences(first_sequence: Ints, rows: Ints, dependency: Ints) -> Ints:
    """Consecutive numbers within day and dependency, in order of reception."""
    cell = rows * first_sequence.shape[1] + dependency
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(first_sequence.size))
    sequence = np.empty(len(cell), np.int64)
    sequence[order] = np.arange(len(cell)) - starts[cell[order]]
    return np.asarray(sequence + first_sequence.ravel()[cell])
