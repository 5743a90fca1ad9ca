"""The bodies of the lines: greeting, what it is about, the facts on lines of their own, who signs for the entity."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, quarter
from pqr_generator.lines import headers, lengths, requests, senders
from pqr_generator.lines.press import Sheet
from pqr_generator.mails.letters import CODE, FROM_CITIZEN, FROM_COURT, FROM_MAILBOX, LETTERS
from pqrs.catalogue import ENTITIES, PQRS_TYPES, TOPICS

__all__ = ["compose", "sign"]

SIGNED_BY_CITIZEN = np.array([letter in FROM_CITIZEN for letter in LETTERS])
SIGNED_BY_ENTITY = np.array([letter not in FROM_CITIZEN + FROM_MAILBOX + FROM_COURT for letter in LETTERS])


def compose(sheet: Sheet) -> None:
    """Everything but the signature."""
    mails, letter, look, more = sheet.mails, sheet.letter, sheet.mails.look, sheet.mails.more
    by_type, by_topic = letter * len(PQRS_TYPES) + mails.kind, letter * len(TOPICS) + mails.topic
    sheet.choose("greeting", letter * len(ENTITIES) + sheet.entity, quarter(look, 0))
    sheet.choose("opening", by_type, quarter(look, 1))
    sheet.choose("matter", by_topic, quarter(look, 2))
    sheet.choose("ask", by_type, quarter(more, 1))
    sheet.choose("farewell", letter, quarter(more, 2))
    senders.address(sheet, np.flatnonzero(SIGNED_BY_ENTITY[letter]))
    request = letter == CODE["request"]
    senders.introduce(sheet, np.flatnonzero(request))
    requests.word(sheet)
    lengths.extend(sheet, np.flatnonzero(request))
    copied = request & (mails.copied > 0)
    sheet.put("copy", sheet.at["copy"] + mails.copied[copied] - 1, copied)
    moved, longer = letter == CODE["transfer"], letter == CODE["extension"]
    sheet.put("fact", sheet.choices["transferred"].pick(0, quarter(mails.desk[moved], 3)), moved)
    sheet.put("fact", sheet.at["extension_line"] + mails.extension[longer], longer)
    _register(sheet, np.flatnonzero(letter == CODE["acknowledgement"]))


def _register(sheet: Sheet, rows: Ints) -> None:
    """The acknowledgement's facts."""
    mails = sheet.mails
    headers.radicado(sheet, "fact", rows)
    sheet.put("fact.kind", sheet.at["kind_line"] + mails.kind[rows], rows)
    sheet.put("fact.topic", sheet.at["topic_line"] + mails.topic[rows], rows)
    sheet.put("fact.priority", sheet.at["priority_line"] + mails.is_urgent[rows], rows)


def sign(sheet: Sheet) -> None:
    """The citizen, or somebody at the desk."""
    senders.sign(sheet, np.flatnonzero(SIGNED_BY_CITIZEN[sheet.letter]))
    desk = SIGNED_BY_ENTITY[sheet.letter]
    sheet.put("desk", sheet.at["desk"] + sheet.mails.dependency[desk], desk)
    person = desk & (sheet.letter != CODE["acknowledgement"])  # a machine sends those
    drawn = sheet.mails.desk[person]
    sheet.put("name.given", sheet.choices["given"].pick(0, quarter(drawn, 0)), person)
    sheet.put("name.surname", sheet.choices["surname"].pick(0, quarter(drawn, 1)), person)
