"""The events of tickets, and tickets built again from them. Pure."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pqr_silver.clock import NOTHING, TYPE_NAMES, Clock, Rows, columns, instants
from pqr_silver.lifecycle import folded
from pqr_silver.lives import Lives
from pqr_silver.machine import ACTORS, EVENT_TYPES, EXTENSION, STATUSES
from pqr_silver.schema import TICKETS
from pqr_silver.steps import Steps, positions

__all__ = ["events_of", "rebuilt"]

NO_TICKETS = TICKETS.schema.empty_table()

_STATUS = pa.array([None, *STATUSES[1:]])


def events_of(lives: Lives) -> pa.Table:
    """The steps of all tickets, each with what a ticket's clock needs to be rebuilt from them."""
    threads, life, stated = lives.threads, lives.life, lives.steps.pqrs_type
    ticket_id = threads.ids.take(pa.array(threads.thread[lives.rows]))
    seq = positions(lives.steps.ticket) + lives.events_before[lives.steps.ticket]
    numbers = pa.array([f"{number:02d}" for number in range(int(seq.max(initial=0)) + 1)])
    kind = pa.array(life.kind)
    return pa.table(
        {
            "event_id": pc.binary_join_element_wise(ticket_id, numbers.take(pa.array(seq)), "-"),
            "ticket_id": ticket_id,
            "seq": seq.astype(np.int32),
            "event_type": pa.array(EVENT_TYPES).take(kind),
            "occurred_at": threads.of("received_at", lives.rows),
            "actor": pa.array(ACTORS).take(kind),
            "message_id": threads.of("message_id", lives.rows),
            "from_status": _STATUS.take(pa.array(life.before)),
            "to_status": _STATUS.take(pa.array(life.after)),
            "is_effective": life.is_effective,
            "pqrs_type": TYPE_NAMES.take(pa.array(stated, mask=stated == NOTHING)),
            "extension_days": pa.array(life.extension_days, mask=life.kind != EXTENSION),
        }
    )


def rebuilt(events: pa.Table, ids: pa.Array, old: pa.Table = NO_TICKETS, *, closing_time: int) -> pa.Table:
    """The clocks of these tickets, sorted by id, from their old rows and events (sorted by ticket and `seq`) alone.

    They must equal the tickets.
    """
    steps = Steps(
        ticket=_numbers(events["ticket_id"], ids),
        kind=pc.index_in(events["event_type"], value_set=pa.array(EVENT_TYPES)).to_numpy().astype(np.int8),
        occurred_at=instants(events["occurred_at"]),
        extension_days=pc.fill_null(events["extension_days"], 0).to_numpy(),
        pqrs_type=pc.fill_null(pc.index_in(events["pqrs_type"], value_set=TYPE_NAMES), NOTHING)
        .to_numpy()
        .astype(np.int8),
        closing_time=closing_time,
    )
    clock = Clock.unborn(len(ids))
    if old.num_rows:
        clock.resume(_numbers(old["ticket_id"], ids), old)
    return pa.table({"ticket_id": ids} | columns(folded(steps, clock).clock))


def _numbers(ticket_id: pa.ChunkedArray, ids: pa.Array) -> Rows:
    """The number of each row's ticket among `ids`; equal ones stand together, and mostly all are there."""
    runs = pc.run_end_encode(ticket_id.combine_chunks())
    number = np.arange(len(ids)) if runs.values.equals(ids) else pc.index_in(runs.values, value_set=ids).to_numpy()
    return np.asarray(np.repeat(number, np.diff(runs.run_ends.to_numpy(), prepend=0)))
