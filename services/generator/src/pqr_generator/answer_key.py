"""The answer key of one arrival day: the planned truth of its new tickets, and every line that is not clean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_generator.draws import Ints
from pqr_generator.lines.json_lines import message_ids, radicados
from pqr_generator.mails.arrivals import Mails, Truth
from pqr_generator.mails.defects import DIRT, is_damage
from pqr_generator.mails.letters import LETTERS
from pqr_generator.schema import ANSWERS, PART_LINES
from pqr_generator.threads.thread import REOPENING, Thread
from pqr_generator.tickets.campaigns import NONE
from pqr_generator.tickets.citizens import citizens
from pqr_generator.tickets.copied import copies
from pqr_generator.tickets.opening import DAY_SECONDS
from pqr_generator.tickets.people import NAMELESS, SENDERS, SORT
from pqrs.catalogue import CONTROL_BODIES, DEPENDENCIES, PQRS_TYPES, TOPICS
from pqrs.parameters import Parameters
from pqrs.territory import MUNICIPALITIES

__all__ = ["ENDINGS", "day_key"]

NO_DATE = np.iinfo(np.int64).min  # NaT, as the days that numpy counts
ENDINGS = ("no_term", "transferred", "annulled", "archived", "unanswered", "answered_late", "answered_in_term")


# By the place of a municipality, and after the last one those of nobody.
DEPARTMENT_NAMES = pa.array([*(town.department for town in MUNICIPALITIES), None])
TOWN_NAMES = pa.array([*(town.name for town in MUNICIPALITIES), None])
TOWN_CODES = pa.array([*(town.code for town in MUNICIPALITIES), None])


def day_key(parameters: Parameters, mails: Mails, *, truths: Sequence[Truth], day: np.datetime64) -> pa.Table:
    """Both kinds of record, in the order of the lines; `mails` are all that arrive on the day."""
    requests = np.flatnonzero((mails.slot == 0) & ~mails.is_copy)
    dirty = np.flatnonzero(mails.dirt)
    tickets = _records(parameters, mails.take(requests), rows=requests, record="ticket", day=day)
    tickets |= _truth(parameters, truths, day)
    tickets["stated_type"] = _named([*PQRS_TYPES, None], mails.stated[requests] % (len(PQRS_TYPES) + 1))
    lines = _records(parameters, mails.take(dirty), rows=dirty, record="dirt", day=day)
    lines["dirt"] = _named(DIRT, mails.dirt[dirty])
    lines["lost"] = pc.if_else(
        pa.array(is_damage(mails.dirt[dirty]) & ~mails.is_copy[dirty]), _named(LETTERS, mails.letter[dirty]), None
    )
    table = pa.concat_tables([_table(tickets, len(requests)), _table(lines, len(dirty))]).combine_chunks()
    return table.take(pa.array(np.argsort(np.concatenate([requests * 2, dirty * 2 + 1]))))


def _records(parameters: Parameters, chosen: Mails, *, rows: Ints, record: str, day: np.datetime64) -> dict[str, Any]:
    """Which lines of the day they are about."""
    part, line = np.divmod(rows, PART_LINES)
    return {
        "record": pa.repeat(record, len(rows)),
        "day": np.full(len(rows), day),
        "part": part,
        "line": line,
        "message_id": message_ids(parameters, chosen),
        "ticket_index": chosen.ticket,
        "radicado": radicados(chosen.year, chosen.dependency, chosen.sequence),
    }


def _truth(parameters: Parameters, truths: Sequence[Truth], day: np.datetime64) -> dict[str, Any]:
    """What was planned of the day's tickets, in order of reception, which is that of their requests."""
    truth, rows = _opened_on(truths, day)
    tickets, thread = truth.tickets, truth.thread
    campaign = tickets.campaign[rows]
    sender, sued = SORT[tickets.citizen[rows]], thread.at[REOPENING][rows]
    home = np.where(sender == NAMELESS, len(MUNICIPALITIES), citizens(parameters).municipality[tickets.citizen[rows]])
    return {
        "pqrs_type": _named(PQRS_TYPES, tickets.kind[rows]),
        "topic": _named([topic.code for topic in TOPICS], tickets.topic[rows]),
        "department": DEPARTMENT_NAMES.take(home),
        "municipality": TOWN_NAMES.take(home),
        "municipality_code": TOWN_CODES.take(home),
        "sender": _named(SENDERS, sender),
        "campaign": pa.array(campaign, mask=campaign == NONE),
        "copied_to": _named([None, *CONTROL_BODIES], copies(parameters, tickets.numbers[rows])),
        "dependency": _named(list(DEPENDENCIES), tickets.dependency[rows]),
        "received_on": thread.received_on[rows],
        "due_on": thread.due_on[rows],
        "effective_due_on": thread.effective_due_on[rows],
        "is_eligible": thread.is_open[rows],
        "is_breached": thread.is_breached[rows],
        "fate": _named(ENDINGS, _endings(thread, rows)),
        "answered_on": thread.answered_on[rows],
        "is_reiterative": thread.is_reiterated[rows],
        "is_approved_by_silence": thread.is_approved[rows],
        "sued_on": np.where(thread.is_sued[rows], sued // DAY_SECONDS, NO_DATE).astype("datetime64[D]"),
    }


def _opened_on(truths: Sequence[Truth], day: np.datetime64) -> tuple[Truth, slice]:
    """Where the day's tickets are: batches hold whole days."""
    number = int(day.astype(np.int64))
    for truth in truths:
        first, last = np.searchsorted(truth.tickets.day, [number, number + 1]).tolist()
        if last > first:
            return truth, slice(first, last)
    return truths[0], slice(0, 0)


def _endings(thread: Thread, rows: slice) -> Ints:
    is_unanswered = np.isnat(thread.answered_on[rows])
    found = [
        thread.term[rows] < 0,
        thread.is_transferred[rows],
        thread.is_annulled[rows],
        thread.is_desisted[rows],
        is_unanswered,
        thread.is_breached[rows],
    ]
    return np.asarray(np.select(found, range(len(found)), len(found)))


def _named(names: Sequence[str | None], codes: npt.NDArray[np.integer[Any]]) -> pa.Array:
    return _array(tuple(names)).take(pa.array(codes))


@cache
def _array(names: tuple[str | None, ...]) -> pa.Array:
    return pa.array(names)


def _table(columns: dict[str, Any], rows: int) -> pa.Table:
    """The contract's columns in its order, null where the record has none."""
    arrays = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in ANSWERS.schema
    ]
    return pa.table(arrays, names=ANSWERS.schema.names)
