"""The mails that arrive in a span of days, from whatever opening day: one row per delivered line, without its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from pqr_generator.draws import Ints, Words, field_key, mixed, quarter, words
from pqr_generator.mails.defects import LATE, LOST, SKEWED, Defects, decided, late_delay, skew
from pqr_generator.mails.letters import chains, letters
from pqr_generator.threads.schedule import LIFE_DAYS, threads
from pqr_generator.threads.thread import AUTOMATIC, REQUEST, SLOTS, Thread
from pqr_generator.tickets.campaigns import NONE
from pqr_generator.tickets.copied import copies
from pqr_generator.tickets.labels import stated_types
from pqr_generator.tickets.opening import DAY_SECONDS, Tickets, opened
from pqr_generator.tickets.volume import Volume
from pqrs.parameters import Parameters

__all__ = ["Arrivals", "Mails", "Truth", "arrivals"]

BATCH_TICKETS = 32_768  # tickets scheduled at once, unless a day alone has more
BATCH_DAYS = 255
TRANSIT_SECONDS = 12  # at most, between the Date header and the arrival


@dataclass(frozen=True, slots=True, eq=False)
class Mails:
    """Columns of equal length. `entity` is ticket * SLOTS + slot; times are local seconds since 1970."""

    entity: Ints
    received: Ints
    sent: Ints
    is_copy: npt.NDArray[np.bool_]
    letter: npt.NDArray[np.int8]
    references: npt.NDArray[np.uint8]
    dirt: npt.NDArray[np.int8]
    damage: npt.NDArray[np.uint32]  # bits that choose how a damaged line is damaged
    kind: npt.NDArray[np.int32]
    topic: npt.NDArray[np.int32]
    dependency: npt.NDArray[np.int32]
    year: npt.NDArray[np.int32]
    sequence: npt.NDArray[np.int32]
    citizen: npt.NDArray[np.int32]
    extension: npt.NDArray[np.int32]
    is_urgent: npt.NDArray[np.bool_]
    is_reiterated: npt.NDArray[np.bool_]
    is_campaign: npt.NDArray[np.bool_]  # the letter of many
    copied: npt.NDArray[np.int32]
    stated: npt.NDArray[np.int32]  # the type that the request's subject states
    look: Words
    more: Words
    files: Words
    desk: Words

    def __len__(self) -> int:
        return len(self.entity)

    @property
    def ticket(self) -> Ints:
        return self.entity // SLOTS

    @property
    def slot(self) -> Ints:
        return self.entity % SLOTS

    def take(self, rows: Ints | slice) -> Mails:
        return Mails(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The planned truth about the tickets of a few whole opening days, in order of reception."""

    tickets: Tickets
    thread: Thread


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Mails in order of arrival (then of entity), and the tickets that open in the same span of days."""

    mails: Mails
    truths: tuple[Truth, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Deliveries:
    """Rows (ticket * SLOTS + slot, within a batch) that are delivered, and when; a copy comes beside its original."""

    rows: Ints
    received: Ints
    is_copy: npt.NDArray[np.bool_]


def arrivals(parameters: Parameters, volume: Volume, days: range) -> Arrivals:
    """What arrives on these consecutive days of the volume; no other arrival day has a part in it."""
    batches, truths = [], []
    first, last = volume.days[[days.start, days.stop - 1]].astype(np.int64).tolist()
    start, stop = first * DAY_SECONDS, (last + 1) * DAY_SECONDS
    for opening_days in _batches(volume, range(max(0, days.start - LIFE_DAYS), days.stop)):
        tickets = opened(parameters, volume, opening_days)
        truth = Truth(tickets, threads(parameters, tickets))
        defects = decided(parameters, truth.tickets, truth.thread)
        delivered = _delivered(truth.thread, defects, start=start, stop=stop)
        batches.append(_columns(parameters, truth, defects=defects, delivered=delivered))
        if opening_days.stop > days.start:
            truths.append(truth)
    return Arrivals(_in_order(batches), tuple(truths))


def _in_order(batches: Sequence[Mails]) -> Mails:
    """All of them in order of arrival, column by column, so that no second copy of the whole is ever held."""

    def joined(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(batch, name) for batch in batches])

    order = np.lexsort([joined(name) for name in ("is_copy", "entity", "received")])
    return Mails(*(joined(field.name)[order] for field in fields(Mails)))


def _batches(volume: Volume, days: range) -> Iterator[range]:
    """Runs of these opening days with at most BATCH_TICKETS tickets, or one day."""
    start = days.start
    while start < days.stop:
        room = int(np.searchsorted(volume.first_ticket, volume.first_ticket[start] + BATCH_TICKETS, side="right")) - 1
        end = min(max(room, start + 1), start + BATCH_DAYS, days.stop)
        yield range(start, end)
        start = end


def _delivered(thread: Thread, defects: Defects, *, start: int, stop: int) -> Deliveries:
    """What arrives from second `start` up to `stop`; a slot that is never used lies before any of them."""
    received = thread.at.T.ravel()
    own = np.flatnonzero((received >= start) & (received < stop))
    copied = np.flatnonzero(defects.has_copy)
    again = received[copied] + defects.copy_delay(copied)
    inside = (again >= start) & (again < stop)
    rows = np.concatenate([own, copied[inside]])
    return Deliveries(rows, np.concatenate([received[own], again[inside]]), np.arange(len(rows)) >= len(own))


def _columns(parameters: Parameters, truth: Truth, *, defects: Defects, delivered: Deliveries) -> Mails:
    tickets, thread, rows = truth.tickets, truth.thread, delivered.rows
    ticket, slot = np.divmod(rows, SLOTS)
    entity = tickets.first * SLOTS + rows
    is_clean = ~delivered.is_copy & defects.has_copy[rows]
    dirt, bits = np.where(is_clean, 0, defects.dirt[rows]).astype(np.int8), defects.bits[rows]
    look, more, files, desk = (
        _drawn(parameters.seed, f"mail.{name}", entity) for name in ("look", "more", "files", "desk")
    )
    is_campaign = (slot == REQUEST) & (tickets.campaign[ticket] != NONE)
    look[is_campaign] = mixed(tickets.campaign[ticket[is_campaign]], field_key(parameters.seed, "campaign.look")[0])
    transit = np.where(slot == AUTOMATIC, 0, 1 + (quarter(more, 3) * TRANSIT_SECONDS >> 16))
    year = tickets.day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return Mails(
        entity=entity,
        received=delivered.received,
        sent=thread.at[slot, ticket]
        - np.where(dirt == LATE, late_delay(bits), transit)
        + np.where(dirt == SKEWED, skew(bits), 0),
        is_copy=delivered.is_copy,
        letter=letters(thread).ravel()[rows],
        references=np.where(dirt == LOST, 0, chains(thread).ravel()[rows]).astype(np.uint8),
        dirt=dirt,
        damage=bits.astype(np.uint32),
        kind=tickets.kind[ticket].astype(np.int32),
        topic=tickets.topic[ticket].astype(np.int32),
        dependency=tickets.dependency[ticket].astype(np.int32),
        year=year[ticket].astype(np.int32),
        sequence=tickets.sequence[ticket].astype(np.int32),
        citizen=tickets.citizen[ticket].astype(np.int32),
        extension=thread.extension[ticket].astype(np.int32),
        is_reiterated=tickets.is_reiterated[ticket],
        is_campaign=is_campaign,
        copied=copies(parameters, tickets.numbers)[ticket],
        stated=stated_types(parameters, tickets.numbers, tickets.kind)[ticket],
        is_urgent=tickets.is_urgent[ticket],
        look=look,
        more=more,
        files=files,
        desk=desk,
    )


def _drawn(seed: int, field: str, entity: Ints) -> Words:
    """The field's word of each mail; Philox counts, so those of all slots in between are drawn and left out."""
    if not len(entity):
        return np.empty(0, np.uint64)
    first, last = int(entity.min()), int(entity.max())
    return np.asarray(words(seed, field, range(first, last + 1))[entity - first])
