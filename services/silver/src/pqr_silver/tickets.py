"""The rows of tickets: what their requests and acknowledgements say beside their clocks. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_silver.clock import NOTHING, columns
from pqr_silver.lives import Lives
from pqr_silver.machine import ACKNOWLEDGEMENT, REQUEST
from pqr_silver.phrases import located
from pqr_silver.steps import first_rows

__all__ = ["tickets_of"]

Facts = Mapping[str, pa.Array | pa.ChunkedArray]

DECIDED = ("is_access_denied", "is_reiterative")
OPENING = ("copied_to", "citizen_key", "raw_day", "raw_part", "raw_line")  # as the request has them


def tickets_of(lives: Lives) -> pa.Table:
    """One row per ticket to which something happened: what was said of it, beside its clock.

    An acknowledgement assigns type, topic and dependency; until there is one the request's own words count.
    """
    threads, counted = lives.threads, lives.ticket != NOTHING
    count_emails = np.bincount(lives.ticket[counted], minlength=lives.count)
    if threads.old.num_rows:
        count_emails += pc.fill_null(_old(lives, "count_emails"), 0).to_numpy()
    told = {
        "ticket_id": lives.ids,
        **_opening(lives),
        **_assigned(lives),
        "count_emails": count_emails,
        **{name: _ever(lives, name, counted) for name in DECIDED},
    }
    return pa.table(told | columns(lives.life.clock))


def _ever(lives: Lives, name: str, counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether any e-mail of each ticket, now or before, says so."""
    saying = lives.ticket[counted & lives.threads.of(name).to_numpy()]
    found = np.bincount(saying, minlength=lives.count) > 0
    if lives.threads.old.num_rows:
        found |= pc.fill_null(_old(lives, name), False).to_numpy()
    return found


def _opening(lives: Lives) -> Facts:
    """What the request says, for good."""
    threads = lives.threads
    request = _first_step(lives, lives.steps.kind == REQUEST)
    message = pa.array(lives.rows).take(request)
    place = located(threads.of("place", message))
    said = {
        "root_message_id": threads.of("message_id", message),
        "department": place.of("department"),
        "municipality": place.of("municipality"),
        "municipality_code": place.of("municipality_code"),
        "opened_at": threads.of("received_at", message),
        **{name: threads.of(name, message) for name in OPENING},
    }
    return {name: _or_old(lives, name, column) for name, column in said.items()}


def _assigned(lives: Lives) -> Facts:
    """What the first acknowledgement says, else what was known before, else what the request says."""
    words, radicado = lives.words, lives.threads.of("radicado", lives.rows)
    request = _first_step(lives, lives.steps.kind == REQUEST)
    acknowledgement = _first_step(lives, lives.steps.kind == ACKNOWLEDGEMENT, unless="acknowledged_at")
    stating = _first_step(lives, radicado.is_valid().to_numpy(), unless="radicado")
    told = {
        name: pc.coalesce(words.of(name, acknowledgement), _or_old(lives, name, words.of(name, request)))
        for name in ("topic", "dependency", "priority")
    }
    return told | {"radicado": _or_old(lives, "radicado", radicado.take(stating))}


def _first_step(lives: Lives, chosen: npt.NDArray[np.bool_], *, unless: str | None = None) -> pa.Array:
    """Each ticket's first chosen step; null where there is none, or where the ticket's old row has `unless`."""
    found = first_rows(lives.steps, chosen, lives.count)
    if unless and lives.threads.old.num_rows:
        found[_old(lives, unless).is_valid().to_numpy()] = NOTHING
    return pa.array(found, mask=found == NOTHING)


def _or_old(lives: Lives, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """What is known now, and else what was known before."""
    return pc.coalesce(column, _old(lives, name)) if lives.threads.old.num_rows else column


def _old(lives: Lives, name: str) -> pa.ChunkedArray:
    """A column of the tickets' old rows; null in those that are new."""
    return lives.threads.old[name].take(pa.array(lives.old_row, mask=lives.old_row == NOTHING))
