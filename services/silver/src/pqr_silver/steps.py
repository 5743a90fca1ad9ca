"""The steps of tickets as columns, and where among them something is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pqr_silver.clock import NOTHING, Counts, Flags, Instants
from pqr_silver.machine import Codes

__all__ = ["Steps", "Tickets", "first_rows", "positions"]

Tickets: TypeAlias = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps sorted by ticket (numbered from 0) and then by arrival; a ticket's life begins with its request.

    `pqrs_type` is what a request or an acknowledgement states, NOTHING elsewhere. What arrives on a day from
    `closing_time` on, in minutes after midnight, is received the next business day. `sent_at` tells a reply written
    before the answer from one written after; None when the kinds are final.
    """

    ticket: Tickets
    kind: Codes
    occurred_at: Instants
    extension_days: Counts  # asked for; 0 where none
    pqrs_type: Codes
    closing_time: int
    sent_at: Instants | None = None


def first_rows(steps: Steps, chosen: Flags, tickets: int) -> npt.NDArray[np.int64]:
    """Where each ticket's first chosen step stands; NOTHING in a ticket without any."""
    rows = np.flatnonzero(chosen)[::-1]  # earlier ones overwrite later ones
    found = np.full(tickets, NOTHING)
    found[steps.ticket[rows]] = rows
    return found


def positions(ticket: Tickets) -> npt.NDArray[np.int64]:
    """Counts each ticket's steps from 1; equal tickets stand together."""
    starts = np.flatnonzero(np.diff(ticket, prepend=NOTHING))
    lengths = np.diff(starts, append=len(ticket))
    return np.arange(1, len(ticket) + 1) - np.repeat(starts, lengths)
