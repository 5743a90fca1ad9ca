"""What a citizen does in every mail: how it spells, which contact it leaves, what stands below its signature."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, mixed, quarter
from pqr_generator.lines import headers
from pqr_generator.lines.grammar import IS_MOOD
from pqr_generator.lines.layout import COLUMN
from pqr_generator.lines.lexicon import HOMES, LINES
from pqr_generator.lines.press import Sheet
from pqr_generator.mails.letters import CODE, FROM_CITIZEN, LETTERS
from pqr_generator.tickets.people import COMPANY, NAMELESS, PERSON, SORT, private_person
from pqrs.catalogue import ENTITIES

__all__ = ["SPOKEN", "below_signature", "mark_up", "spell"]

# In 65,536ths of the citizens (companies beside them), all assumptions: who leaves a postal address, a telephone, what
# the mail program or the firm adds, and who quotes below what is answered. Then of a person's requests: with another
# person's mail forwarded.
ADDRESS, PHONE, TAIL, QUOTE, FORWARD = (19_661, 60_000), (29_491, 60_000), (11_797, 40_000), 26_214, 1_966
WRITTEN_BY_CITIZEN = np.array([letter in FROM_CITIZEN for letter in LETTERS])
OF_CITIZEN = np.array([letter in (*FROM_CITIZEN, "away_acknowledgement", "away_answer") for letter in LETTERS])
# Columns that hold words of the citizen, and no fact that others look for to the letter.
SPOKEN = np.array([COLUMN[name] for name in (
    "from.given", "from.surname", "from.second", "subject.text", "greeting", "capacity", "client.given",
    "client.surname", "client.second", "client.end", "opening", "matter", "more", "detail", "place", "attempts",
    "effects", "also", "law", "ask", "pleas", "farewell",
    "name.given", "name.surname", "name.second",
)])  # fmt: skip

IS_NAME = np.isin(
    SPOKEN, [COLUMN[f"{part}.{place}"] for part in ("from", "name") for place in ("given", "surname", "second")]
)


def below_signature(sheet: Sheet) -> None:
    """Contact, what the mail program adds, the letter that is answered, another person's mail."""
    rows = np.flatnonzero(WRITTEN_BY_CITIZEN[sheet.letter] & (SORT[sheet.mails.citizen] != NAMELESS))
    citizen = sheet.mails.citizen[rows]
    habit, is_company = sheet.town.habit[citizen], SORT[citizen] == COMPANY
    bits = mixed(habit, 1)
    for column, rate, number in (
        ("address", ADDRESS, quarter(bits, 1) * HOMES >> 16),
        ("phone", PHONE, quarter(bits, 3) & 3),
        ("phone.digits", PHONE, quarter(bits, 1) * LINES >> 16),
    ):
        has = quarter(habit, 1 if column == "address" else 2) < np.where(is_company, rate[1], rate[0])
        sheet.put(column, sheet.at[column] + number[has], rows[has])
    has = quarter(bits, 0) < np.where(is_company, TAIL[1], TAIL[0])
    sheet.choose("tail", is_company[has].astype(np.int64), quarter(bits, 2)[has], where=rows[has])
    _quote(sheet, rows[(quarter(habit, 3) < QUOTE) & (sheet.letter[rows] != CODE["request"])])
    asks = rows[(sheet.letter[rows] == CODE["request"]) & (SORT[citizen] == PERSON) & ~IS_MOOD[sheet.mails.kind[rows]]]
    _forward(sheet, asks[quarter(mixed(sheet.mails.look[asks], 4), 0) < FORWARD])


def _quote(sheet: Sheet, rows: Ints) -> None:
    """The letter that a reply answers, by its subject and its beginning."""
    letter, bits = sheet.letter[rows], mixed(sheet.mails.look[rows], 5)
    sheet.choose("quote", letter * len(ENTITIES) + sheet.entity[rows], quarter(bits, 0), where=rows)
    headers.radicado(sheet, "quote", rows)
    sheet.put("quote.end", sheet.choices["quote_end"].pick(letter, quarter(bits, 1)), rows)


def _forward(sheet: Sheet, rows: Ints) -> None:
    """What somebody else wrote about the same, below all."""
    topic, bits = sheet.mails.topic[rows], mixed(sheet.mails.look[rows], 6)
    sheet.choose("forward", 0, quarter(bits, 0), where=rows)
    headers.name(sheet, "forward", rows, of=private_person(sheet.mails.ticket[rows], 2))
    sheet.put("forward.topic", sheet.at["forward_topic"] + topic, rows)
    sheet.put("forward.text", sheet.choices["forwarded"].pick(topic, quarter(bits, 1)), rows)


def spell(sheet: Sheet) -> None:
    """Put the citizen's own words as it spells them: the same fragments, so many times their number further on."""
    first, count = sheet.press.lexicon.spoken
    style = sheet.town.style[sheet.mails.citizen]
    rows = np.flatnonzero(OF_CITIZEN[sheet.letter] & (style > 0))
    cells = rows[:, None], SPOKEN
    words = sheet.ids[cells]
    is_word = (words >= first) & (words < first + count)
    is_word &= IS_NAME | ~sheet.mails.is_campaign[rows, None]  # who sends the letter of many copies it
    sheet.ids[cells] = words + is_word * (style[rows] * count)[:, None]


def mark_up(sheet: Sheet, per_mille: int) -> None:
    """Bodies as HTML, of so many of the citizens: those whose mail program writes it."""
    bits = mixed(sheet.town.habit[sheet.mails.citizen], 2)
    rows = np.flatnonzero(WRITTEN_BY_CITIZEN[sheet.letter] & (quarter(bits, 0) * 1_000 >> 16 < per_mille))
    sheet.press.markup.apply(sheet.ids, rows, quarter(bits[rows], 1))
