"""The states of a ticket and what each kind of e-mail does in them, as two tables to be read. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["ACTORS", "EVENT_TYPES", "IN_CONTEXT", "KINDS", "NEXT_STATE", "OTHER_KINDS", "STATES", "STATUSES", "Codes"]

Codes = npt.NDArray[np.int8]

# Rows: what happens. Columns: the state it happens in. A dot leaves the state as it is.
_TRANSITIONS = """
                   new      received     acknowledged in_progress waiting     answered reopened transferred archived annulled
request            received .            .            .           .           .        .        .           .        .
acknowledgement    .        acknowledged .            .           .           .        .        .           .        .
transfer           .        transferred  transferred  transferred transferred .        .        .           .        .
completion_request .        waiting      waiting      waiting     .           .        .        .           .        .
completion         .        .            .            .           in_progress .        .        .           .        .
extension          .        in_progress  in_progress  .           .           .        .        .           .        .
progress           .        in_progress  in_progress  .           .           .        .        .           .        .
answer             .        answered     answered     answered    answered    .        answered .           answered .
archive            .        archived     archived     archived    archived    .        .        .           .        .
insistence         .        .            .            .           .           .        .        .           .        .
reopening          .        .            .            .           .           reopened .        .           .        .
silence            .        answered     answered     answered    answered    .        answered .           answered .
tutela             .        .            .            .           .           .        .        .           .        .
annulment          .        annulled     annulled     annulled    annulled    .        .        .           .        .
void_extension     .        in_progress  in_progress  .           .           .        .        .           .        .
"""  # noqa: E501  a table is read across

# What a citizen's reply amounts to. Rows: what its subject says. Columns: as above.
_REPLIES = """
           new        received   acknowl.   progress   waiting    answered  reopened   transfer.  archived   annulled
completion insistence insistence insistence insistence .          reopening insistence insistence insistence insistence
insistence .          .          .          .          .          reopening .          .          .          .
reopening  insistence insistence insistence insistence insistence .         insistence insistence insistence insistence
"""

_ACTIONS = """
request             received              citizen
acknowledgement     acknowledged          system
transfer            transferred           entity
completion_request  completion_requested  entity
completion          completed             citizen
extension           extended              entity
progress            progressed            entity
answer              answered              entity
archive             archived              entity
insistence          insisted              citizen
reopening           reopened              citizen
silence             approved_by_silence   entity
tutela              sued                  court
annulment           annulled              entity
void_extension      extension_refused     entity
"""


def _lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().split("\n")]


def _codes(text: str, outcomes: tuple[str, ...], unchanged: Codes) -> Codes:
    """The table as codes of outcomes, kind by state; a dot, and a kind it does not name, is `unchanged`."""
    codes = unchanged.copy()
    for kind, *cells in _lines(text)[1:]:
        for state, cell in enumerate(cells):
            if cell != ".":
                codes[KINDS.index(kind), state] = outcomes.index(cell)
    return codes


STATES = tuple(_lines(_TRANSITIONS)[0])
STATUSES = tuple("in_progress" if state == "waiting" else state for state in STATES)  # as others see it
KINDS = tuple(kind for kind, *_ in _lines(_TRANSITIONS)[1:])
OTHER_KINDS = ("out_of_office", "bounce", "other")  # e-mails that are no step of any ticket
EVENT_TYPES = tuple(event_type for _, event_type, _ in _lines(_ACTIONS))
ACTORS = tuple(actor for *_, actor in _lines(_ACTIONS))

(
    REQUEST, ACKNOWLEDGEMENT, TRANSFER, COMPLETION_REQUEST, COMPLETION, EXTENSION, PROGRESS, ANSWER, ARCHIVE,
    INSISTENCE, REOPENING, SILENCE, TUTELA, ANNULMENT, VOID_EXTENSION,
) = range(len(KINDS))  # fmt: skip

_SHAPE = (len(KINDS), len(STATES))
NEXT_STATE = _codes(_TRANSITIONS, STATES, np.broadcast_to(np.arange(len(STATES), dtype=np.int8), _SHAPE))
IN_CONTEXT = _codes(_REPLIES, KINDS, np.broadcast_to(np.arange(len(KINDS), dtype=np.int8)[:, None], _SHAPE))
