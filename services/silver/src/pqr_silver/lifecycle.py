"""The life of every ticket and its legal clock, folded over all tickets at once. Pure.

A fold walks along the steps of one ticket. Here the n-th steps of all tickets are taken together, so there are as
many rounds as the longest thread has steps, and each round is numpy over tickets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pqr_silver import machine as on
from pqr_silver.clock import NOTHING, TYPE_NAMES, Clock, Counts, Flags, Instants, Rows
from pqr_silver.machine import ACTORS, IN_CONTEXT, NEXT_STATE, STATES, Codes
from pqr_silver.steps import Steps, first_rows
from pqrs import calendar, terms

__all__ = ["Folded", "folded"]

ANSWERED = STATES.index("answered")
RESPONSES = np.flatnonzero(np.array(ACTORS) == "entity")


@dataclass(frozen=True, slots=True)
class Folded:
    """The clocks at the end, and of each step: its kind in context, the states around it, what it achieved."""

    clock: Clock
    kind: Codes
    before: Codes
    after: Codes
    is_effective: Flags
    extension_days: Counts  # granted


@dataclass(frozen=True, slots=True)
class _Round:
    """The n-th steps of the tickets that have one: ticket by ticket, where the step stands and what it is."""

    ticket: Rows
    row: Rows
    kind: Codes
    at: Instants
    is_open: Flags

    def of(self, kind: int) -> _Round:
        chosen = np.flatnonzero(self.kind == kind)
        return _Round(self.ticket[chosen], self.row[chosen], self.kind[chosen], self.at[chosen], self.is_open[chosen])


def folded(steps: Steps, clock: Clock) -> Folded:
    """Live through these steps of every ticket, from where its clock stands; the clock is moved along."""
    size = len(steps.kind)
    life = Folded(
        clock=clock,
        kind=steps.kind.copy(),
        before=np.zeros(size, np.int8),
        after=np.zeros(size, np.int8),
        is_effective=steps.kind != on.VOID_EXTENSION,
        extension_days=np.zeros(size, np.int16),
    )
    lengths = np.bincount(steps.ticket, minlength=len(clock.term))
    starts = np.cumsum(lengths) - lengths
    for position in range(lengths.max(initial=0)):
        ticket = np.flatnonzero(lengths > position)
        _advance(life, steps, ticket=ticket, row=starts[ticket] + position)
    _count(life, steps, lengths)
    return life


def _advance(life: Folded, steps: Steps, *, ticket: Rows, row: Rows) -> None:
    clock, state = life.clock, life.clock.state[ticket]
    if steps.sent_at is not None:
        kind, answered_at = life.kind[row], clock.last_answer_at[ticket]
        life.kind[row] = _in_context(kind, state, sent_at=steps.sent_at[row], answered_at=answered_at)
    now = _Round(ticket, row, life.kind[row], steps.occurred_at[row], np.isnat(clock.closed_at[ticket]))
    _receive(clock, now.of(on.REQUEST), steps)
    _assign(clock, now.of(on.ACKNOWLEDGEMENT), steps)
    _extend(life, now.of(on.EXTENSION), steps)
    _suspend(life, now.of(on.COMPLETION_REQUEST))
    _resume(life, now.of(on.COMPLETION), steps)
    _pass_on(life, now.of(on.TRANSFER))
    # A petition passed on too late stays here: then that e-mail is just news of its progress.
    counted = np.where((now.kind == on.TRANSFER) & ~life.is_effective[row], on.PROGRESS, now.kind)
    life.before[row] = state
    life.after[row] = clock.state[ticket] = NEXT_STATE[counted, state]
    _close(clock, now, counted)


def _in_context(kind: Codes, state: Codes, *, sent_at: Instants, answered_at: Instants) -> Codes:
    """The kind a step has in its state; a reply written before the answer cannot contest it."""
    contested = IN_CONTEXT[kind, state]
    crossed = (state == ANSWERED) & (contested != kind) & (sent_at < answered_at)
    return np.where(crossed, on.INSISTENCE, contested).astype(np.int8)


def _receive(clock: Clock, now: _Round, steps: Steps) -> None:
    """A request begins the term of the type that it states."""
    clock.opened_at[now.ticket] = now.at
    _retype(clock, now.ticket, steps.pqrs_type[now.row], closing_time=steps.closing_time)


def _assign(clock: Clock, now: _Round, steps: Steps) -> None:
    """The first acknowledgement that states a type assigns it, and from then on its term runs; the past stands."""
    stated, ticket = steps.pqrs_type[now.row], now.ticket
    assigns = (stated != NOTHING) & ~clock.is_type_assigned[ticket]
    clock.is_type_assigned[ticket[assigns]] = True
    changes = assigns & (stated != clock.pqrs_type[ticket])
    _retype(clock, ticket[changes], stated[changes], closing_time=steps.closing_time)


def _retype(clock: Clock, ticket: Rows, pqrs_type: Codes, *, closing_time: int) -> None:
    """Another type has another term, and less may be left of an extension granted before."""
    if len(ticket):
        clock.pqrs_type[ticket] = pqrs_type
        received_on, term, hours = terms.reception(_type_names(clock, ticket), clock.opened_at[ticket], closing_time)
        clock.received_on[ticket], clock.term[ticket], clock.hours[ticket] = received_on, term, hours
        clock.extension[ticket] = np.minimum(clock.extension[ticket], _extension_max(clock, ticket))


def _extension_max(clock: Clock, ticket: Rows) -> Counts:
    """What the law lets be added to the terms of these tickets."""
    return terms.extension_days_max(_type_names(clock, ticket), clock.received_on[ticket])


def _type_names(clock: Clock, ticket: Rows) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(clock.pqrs_type[ticket]), TYPE_NAMES)


def _extend(life: Folded, now: _Round, steps: Steps) -> None:
    """An extension counts when notified while the term runs, and up to what the law allows: mostly double the term."""
    clock, ticket = life.clock, now.ticket
    room = _extension_max(clock, ticket) - clock.extension[ticket]
    in_time = now.is_open & (calendar.local_day(now.at) <= clock.due_on(ticket))
    granted = np.where(in_time, np.clip(steps.extension_days[now.row], 0, room), 0).astype(np.int16)
    clock.extension[ticket] += granted
    life.extension_days[now.row] = granted
    life.is_effective[now.row] = granted > 0


def _suspend(life: Folded, now: _Round) -> None:
    """The first request to complete, sent in the days the law gives for it, stops a clock that has days left."""
    clock, ticket, day = life.clock, now.ticket, calendar.local_day(now.at)
    last_day = calendar.add_business_days(clock.received_on[ticket], terms.COMPLETION_REQUEST_DAYS)
    stops = now.is_open & np.isnat(clock.suspended_from[ticket]) & (day <= last_day) & (day < clock.due_on(ticket))
    stops &= clock.hours[ticket] < 0
    clock.suspended_from[ticket[stops]] = day[stops]
    clock.suspended_to[ticket[stops]] = terms.completion_deadline(day[stops])
    life.is_effective[now.row] = stops


def _resume(life: Folded, now: _Round, steps: Steps) -> None:
    """The clock goes on the business day after the citizen completed, unless it has gone on already."""
    clock, ticket = life.clock, now.ticket
    completed_on = terms.received_on(now.at, steps.closing_time)
    goes_on = now.is_open & (completed_on < clock.suspended_to[ticket])  # no day is before NaT
    clock.suspended_to[ticket[goes_on]] = completed_on[goes_on]
    life.is_effective[now.row] = goes_on


def _pass_on(life: Folded, now: _Round) -> None:
    """A transfer ends the ticket when it is made in the days the law gives for it, and while a term in hours runs."""
    clock, ticket = life.clock, now.ticket
    last_day = calendar.add_business_days(clock.received_on[ticket], terms.TRANSFER_DAYS)
    ends = terms.due_at(last_day, clock.opened_at[ticket], clock.hours[ticket])
    life.is_effective[now.row] = now.is_open & (now.at < ends)


def _close(clock: Clock, now: _Round, counted: Codes) -> None:
    ticket, counted = now.ticket, np.where(counted == on.SILENCE, on.ANSWER, counted)  # by law a favourable one
    closes = now.is_open & np.isin(counted, (on.ANSWER, on.ARCHIVE, on.TRANSFER, on.ANNULMENT))
    clock.closed_at[ticket[closes]] = now.at[closes]
    clock.closing[ticket[closes]] = counted[closes]
    answers = (counted == on.ANSWER) & (clock.state[ticket] == ANSWERED)
    clock.last_answer_at[ticket[answers]] = now.at[answers]
    first = answers & np.isnat(clock.answered_at[ticket])
    clock.answered_at[ticket[first]] = now.at[first]


def _count(life: Folded, steps: Steps, lengths: npt.NDArray[np.int64]) -> None:
    """What needs no order of steps: when something first happened, and how often it did."""
    clock, tickets = life.clock, len(lengths)
    clock.events += lengths.astype(np.int32)
    clock.insistences += np.bincount(steps.ticket[life.kind == on.INSISTENCE], minlength=tickets).astype(np.int32)
    clock.is_reopened[steps.ticket[life.kind == on.REOPENING]] = True
    _note_first(clock.acknowledged_at, steps, life.kind == on.ACKNOWLEDGEMENT)
    _note_first(clock.first_response_at, steps, np.isin(life.kind, RESPONSES))


def _note_first(noted: Instants, steps: Steps, chosen: Flags) -> None:
    """Note when each ticket first had one of these steps, unless it had one before."""
    rows = first_rows(steps, chosen, len(noted))
    news = np.flatnonzero(np.isnat(noted) & (rows != NOTHING))
    noted[news] = steps.occurred_at[rows[news]]
