"""How long a letter gets, and what fills it: the number of its sentences, dealt to the blocks it may hold."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, mixed, quarter
from pqr_generator.lines.fragments import EMPTY
from pqr_generator.lines.grammar import FACTS, SIZES, VOICE_OF_TYPE, VOICES
from pqr_generator.lines.press import Sheet
from pqr_generator.mails.letters import CODE
from pqr_generator.tickets.labels import UNSTATED
from pqr_generator.tickets.people import COMPANY, NAMELESS, SORT
from pqrs.catalogue import TOPICS

__all__ = ["extend"]

# Letters by the number of sentences, from none, besides those that every letter has: 4,000 times the density of a
# log-normal with median 3.9 and sigma 1.2 at one more. An assumption: no source tells how long requests are.
WEIGHTS = (
    2103, 1713, 1302, 1000, 783, 625, 507, 418, 349, 294, 250, 215, 186, 162, 142, 125, 111, 99, 88, 79,
    71, 64, 58, 53, 48, 44, 40, 37, 34, 31, 29, 27, 25, 23, 21, 20, 19, 17, 16,
)  # fmt: skip
# What the sentences of a letter are about, from the first on; some tell the facts first, others what they went through.
BLOCKS = ("detail", "place", "more", "attempts", "effects", "also", "law", "pleas")
MOST = (1, 1, FACTS, *SIZES.values())
ORDERS = (
    "dmapeqaslmeqalqeaqelsqealqsaelqsaelsal",
    "pdmaesaqmleaqelqaselqeaqlqsaelqsaelsal",
    "mdpeaqmeslaqelaqeslqaeqalqsaelqsaelsal",
    "adpmeaqmlaeqslaeqlaqelqesqaelqsaelsals",
)
SHORT = 2  # letters of fewer sentences come to the point, and mostly end there
LETTER = {"d": 0, "p": 1, "m": 2, "a": 3, "e": 4, "s": 5, "l": 6, "q": 7}
PERSON, FIRM = VOICES.index("person"), VOICES.index("company")  # the voices after them are moods


def _shares() -> Ints:
    """Orders x numbers of sentences x blocks: how many of them each block has."""
    table = np.zeros((len(ORDERS), len(WEIGHTS), len(BLOCKS)), np.int64)
    for number, order in enumerate(ORDERS):
        for sentences in range(len(WEIGHTS)):
            counts = [order[:sentences].count(letter) for letter in LETTER]
            table[number, sentences] = np.minimum(counts, MOST)
    return table


SHARES = _shares()


def extend(sheet: Sheet, requests: Ints) -> None:
    """The blocks of requests, as many as each letter has sentences; who insists tells what it tried meanwhile."""
    _extend(sheet, requests)
    again = np.flatnonzero((sheet.letter == CODE["insistence"]) | (sheet.letter == CODE["reopening"]))
    sentences, _ = _drawn(sheet, again)
    sheet.choose(
        "attempts", np.minimum(sentences // 3, SIZES["attempts"]), quarter(sheet.mails.more[again], 0), where=again
    )


def _drawn(sheet: Sheet, rows: Ints) -> tuple[Ints, Ints]:
    """The number of sentences, and the place of the order."""
    bits, reached = mixed(sheet.mails.look[rows], 7), np.cumsum(WEIGHTS)
    sentences = np.searchsorted(reached, quarter(bits, 0) * int(reached[-1]) >> 16, side="right")
    return sentences.astype(np.int64), quarter(bits, 1) & 3


def _extend(sheet: Sheet, rows: Ints) -> None:
    mails, look = sheet.mails, sheet.mails.look[rows]
    sort, topic = SORT[mails.citizen[rows]], mails.topic[rows].astype(np.int64)
    voice = VOICE_OF_TYPE[mails.kind[rows]]
    voice = np.where((sort == COMPANY) & (voice == PERSON), FIRM, voice)
    sentences, order = _drawn(sheet, rows)
    count = SHARES[order, sentences]
    moody = voice > FIRM
    count[moody] = 0
    count[moody, BLOCKS.index("effects")] = np.minimum(sentences[moody], SIZES["effects"])
    again = mails.is_reiterated[rows]
    count[again & ~moody, 0] = 1  # who wrote before says so
    one, two = mixed(look, 8), mixed(look, 9)
    place = np.select([sort == COMPANY, sort == NAMELESS], [1, 2], 0)
    for number, (column, row, bits) in enumerate((
        ("detail", topic * 2 + again, quarter(one, 0)),
        ("place", place, quarter(one, 1)),
        ("more", topic * (FACTS + 1) + count[:, 2], quarter(one, 2)),
        ("attempts", count[:, 3], quarter(one, 3)),
        ("effects", voice * (SIZES["effects"] + 1) + count[:, 4], quarter(two, 0)),
        ("also", count[:, 5], quarter(two, 1)),
        ("law", count[:, 6], quarter(two, 2)),
        ("pleas", count[:, 7], quarter(two, 3)),
    )):  # fmt: skip
        has = np.flatnonzero(count[:, number])
        sheet.choose(column, row[has], bits[has], where=rows[has])
    in_mood = np.flatnonzero(moody)
    mood = voice[in_mood] * len(TOPICS) + topic[in_mood]
    sheet.put("matter", sheet.choices["mood"].pick(mood, quarter(look[in_mood], 2)), rows[in_mood])
    stated = mails.stated[rows]
    is_right = (stated == UNSTATED) | (stated == mails.kind[rows])
    short = is_right & ~moody & (sentences < SHORT)
    sheet.put("opening", EMPTY, rows[short])
    sheet.put("ask", EMPTY, rows[short & (order > 0) & (sentences == 0)])
