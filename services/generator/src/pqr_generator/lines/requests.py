"""The subjects of requests, and the sentences of those who do not know, or do not say, which type theirs is."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, mixed, quarter
from pqr_generator.lines.grammar import IS_MOOD
from pqr_generator.lines.press import Sheet
from pqr_generator.mails.letters import CODE
from pqr_generator.tickets.labels import UNSTATED
from pqrs.catalogue import PQRS_TYPES, TOPICS

__all__ = ["word"]

# In 65,536ths, all assumptions: subjects without type and topic that begin as the letter goes on, openings of their
# letters that fit many types, and asks that do so wherever the subject does not state the type.
BEGINNINGS, VAGUE_OPENINGS, VAGUE_ASKS = 21_845, 32_768, 32_768


def word(sheet: Sheet) -> None:
    """After the rest of the body; who mistakes the type opens the letter with what he takes it for."""
    mails, stated = sheet.mails, sheet.mails.stated
    request = sheet.letter == CODE["request"]
    labelled = np.flatnonzero(request & (stated != UNSTATED))
    sheet.put(
        "subject.text", sheet.at["request_subject"] + stated[labelled] * len(TOPICS) + mails.topic[labelled], labelled
    )
    wrong = labelled[stated[labelled] != mails.kind[labelled]]
    opening = CODE["request"] * len(PQRS_TYPES) + stated[wrong]
    sheet.choose("opening", opening, quarter(mails.look[wrong], 1), where=wrong)
    silent = np.flatnonzero(request & (stated == UNSTATED))
    _leave_open(sheet, silent)
    unsure = np.concatenate([wrong, silent])
    unsure = unsure[quarter(mixed(mails.look[unsure], 1), 3) < VAGUE_ASKS]
    asked = sheet.choices["vague_ask"].pick(mails.kind[unsure], quarter(mails.more[unsure], 1))
    sheet.put("ask", asked, unsure)


def _leave_open(sheet: Sheet, rows: Ints) -> None:
    """Subjects that state neither type nor topic, and openings that fit many types."""
    mails, bits = sheet.mails, mixed(sheet.mails.look[rows], 1)
    kind, look = mails.kind[rows], mails.look[rows]
    begins = (quarter(bits, 1) < BEGINNINGS) & ~IS_MOOD[kind]
    beginning = sheet.choices["beginning"].pick(mails.topic[rows], quarter(look, 2))
    sheet.put(
        "subject.text", np.where(begins, beginning, sheet.choices["vague_subject"].pick(kind, quarter(bits, 0))), rows
    )
    vague = quarter(bits, 2) < VAGUE_OPENINGS
    opening = sheet.choices["vague_opening"].pick(kind[vague], quarter(look[vague], 1))
    sheet.put("opening", opening, rows[vague])
