"""The header fields of the lines: identity, time, sender and receiver, subject, attachments."""

from __future__ import annotations

import numpy as np

from pqr_generator.draws import Ints, Words, mixed, quarter
from pqr_generator.lines.fragments import EMPTY
from pqr_generator.lines.layout import COLUMN, COURTS, REFERENCES_MAX
from pqr_generator.lines.lexicon import FIRST_DAY, FIRST_YEAR
from pqr_generator.lines.press import Sheet, Where
from pqr_generator.mails.letters import CODE, LETTERS, is_inbound
from pqr_generator.threads.thread import SLOTS
from pqr_generator.tickets.citizens import PROVIDERS
from pqr_generator.tickets.opening import DAY_SECONDS
from pqrs.calendar import UTC_OFFSET
from pqrs.catalogue import DEPENDENCIES, ENTITIES

__all__ = ["address", "attach", "date", "domain", "hex_digits", "identify", "name", "radicado", "title"]

UTC_AHEAD = -int(UTC_OFFSET.total_seconds())  # what is added to local time
ENTITY = len(PROVIDERS)  # its place among the domains

# Of each set of slots: its members from the first to the last, how many, and the last one.
_SETS = [[slot for slot in range(SLOTS) if bits >> slot & 1] for bits in range(2**SLOTS)]
MEMBER = np.array([(slots + [0] * SLOTS)[:SLOTS] for slots in _SETS])
MEMBERS = np.array([len(slots) for slots in _SETS])
LAST = np.array([slots[-1] if slots else 0 for slots in _SETS])

# Attachments in 65,536ths: none up to the first number, one up to the second, else two.
NO_FILES = (65_536, 65_536)
FILES = {
    "request": (52_000, 63_000),
    "completion": (20_000, 60_000),
    "answer": (40_000, 63_000),
    "denial": (50_000, 65_536),
    "second_answer": (20_000, 62_000),
    "reference": (30_000, 65_536),
    "silence": (50_000, 65_536),
    "tutela": (5_000, 40_000),
    "archive": (30_000, 65_536),
}
FROM_ONE, FROM_TWO = (np.array([FILES.get(letter, NO_FILES)[place] for letter in LETTERS]) for place in range(2))


def identify(sheet: Sheet, key: int) -> None:
    """Message-ID, In-Reply-To and References; `key` makes message ids of entity numbers."""
    mails = sheet.mails
    first, chain = mails.entity - sheet.slot, mails.references
    _put_id(sheet, "id", mixed(mails.entity, key), domains=sheet.pieces["id_domain"] + domain(sheet, sheet.slot, None))
    is_reply = chain > 0
    replies = np.flatnonzero(is_reply)
    parent = LAST[chain[replies]]
    sheet.put("in_reply_to", sheet.pieces["in_reply_to"] + is_reply)
    parent_domain = sheet.pieces["id_domain"] + domain(sheet, parent, replies)
    _put_id(sheet, "parent", mixed(first[replies] + parent, key), domains=parent_domain, where=replies)
    sheet.put("references", sheet.pieces["references"] + is_reply)
    count = MEMBERS[chain]
    for place in range(min(REFERENCES_MAX, int(count.max(initial=0)))):
        rows, last = np.flatnonzero(count > place), np.flatnonzero(count == place + 1)
        slot = MEMBER[chain[rows], place]
        column = f"reference{place}"
        more = sheet.pieces["more_domain"] + domain(sheet, slot, rows)
        _put_id(sheet, column, mixed(first[rows] + slot, key), domains=more, where=rows)
        sheet.put(
            f"{column}.domain", sheet.pieces["last_domain"] + domain(sheet, MEMBER[chain[last], place], last), last
        )


def domain(sheet: Sheet, slot: Ints, where: Where) -> Ints:
    """The place of the Message-ID's domain: the citizen's provider, or the entity."""
    provider = sheet.provider if where is None else sheet.provider[where]
    return np.where(is_inbound(slot), provider, ENTITY)


def date(sheet: Sheet) -> None:
    """When it arrived, in UTC, and when it was sent, in local time."""
    for column, seconds in (("received", sheet.mails.received + UTC_AHEAD), ("sent", sheet.mails.sent)):
        day, rest = np.divmod(seconds, DAY_SECONDS)
        minute, second = np.divmod(rest, 60)
        sheet.put(f"{column}.day", sheet.at[f"{column}_day"] + day - FIRST_DAY.astype(np.int64))
        sheet.put(f"{column}.minute", sheet.at["minute"] + minute)
        sheet.put(f"{column}.end", sheet.pieces[f"{column}_end"] + second)


def address(sheet: Sheet) -> None:
    """From and To: the citizen's mailbox is one of them, except in a bounce and in what a court sends."""
    town, citizen, inbound = sheet.town, sheet.mails.citizen, is_inbound(sheet.slot)
    box = sheet.entity * len(PROVIDERS)
    name(sheet, "from", np.flatnonzero(inbound))
    sheet.put("from.end", sheet.pieces["desk_sender"] + sheet.mails.dependency[~inbound], ~inbound)
    high, low = np.divmod(town.mailbox[citizen], 10_000)
    sheet.put("address.given", sheet.at["given_slug"] + town.given[citizen])
    sheet.put("address.surname", sheet.at["surname_slug"] + town.surname[citizen])
    sheet.put("address.high", sheet.at["digits3"] + high)
    sheet.put("address.low", sheet.at["digits4"] + low)
    copy = np.where(sheet.letter == CODE["request"], sheet.mails.copied, 0) * len(ENTITIES) * len(PROVIDERS)
    ends = np.where(inbound, sheet.pieces["from_provider"] + copy + box, sheet.pieces["to_provider"])
    sheet.put("address.end", sheet.provider + ends)
    bounced = np.flatnonzero(sheet.letter == CODE["bounce"])
    sheet.ids[bounced, COLUMN["from.given"] : COLUMN["address.end"] + 1] = EMPTY
    sued = np.flatnonzero(sheet.letter == CODE["tutela"])
    court = sheet.entity[sued] * COURTS + (quarter(sheet.mails.desk[sued], 2) * COURTS >> 16)
    sheet.ids[sued, COLUMN["from.given"] : COLUMN["address.end"] + 1] = EMPTY
    sheet.ids[sued, COLUMN["from.end"]] = sheet.pieces["court"] + court
    sheet.ids[bounced, COLUMN["from.end"]] = sheet.pieces["daemon"] + (box + sheet.provider)[bounced]


def name(sheet: Sheet, column: str, rows: Ints, *, of: Ints | None = None) -> None:
    """What the citizen is called, or another, `of` whom there are as many as rows."""
    citizen = sheet.mails.citizen[rows] if of is None else of
    sheet.put(f"{column}.given", sheet.at["given"] + sheet.town.given[citizen], rows)
    sheet.put(f"{column}.surname", sheet.at["surname"] + sheet.town.surname[citizen], rows)
    sheet.put(f"{column}.second", sheet.at["surname"] + sheet.town.second_surname[citizen], rows)


def title(sheet: Sheet) -> None:
    """The radicado in the subject of everything but a request."""
    radicado(sheet, "subject", np.flatnonzero(sheet.letter != CODE["request"]))


def radicado(sheet: Sheet, column: str, rows: Ints) -> None:
    """All but the last digit, which the next fragment begins with."""
    mails = sheet.mails
    prefix = (mails.year[rows] - FIRST_YEAR) * len(DEPENDENCIES) + mails.dependency[rows]
    high, low = np.divmod(mails.sequence[rows], 1_000)
    sheet.put(f"{column}.prefix", sheet.at["prefix"] + prefix, rows)
    sheet.put(f"{column}.high", sheet.at["digits3"] + high, rows)
    sheet.put(f"{column}.low", sheet.at["digits3"] + low, rows)


def attach(sheet: Sheet) -> None:
    """Metadata of up to two attachments."""
    files = sheet.mails.files
    count = quarter(files, 0)
    _attach(sheet, "file", files, where=np.flatnonzero(count >= FROM_ONE[sheet.letter]))
    _attach(sheet, "second", mixed(files, 1), where=np.flatnonzero(count >= FROM_TWO[sheet.letter]))


def _attach(sheet: Sheet, column: str, files: Words, *, where: Ints) -> None:
    drawn = files[where]
    sort = np.where(is_inbound(sheet.slot[where]), quarter(drawn, 1) & 1, 2)  # photo or document, or the entity's
    sheet.put(f"{column}.name", sheet.pieces[f"{column}_name"] + sort, where)
    sheet.put(f"{column}.number", sheet.at["digits4"] + (quarter(drawn, 2) * 10_000 >> 16), where)
    sheet.put(f"{column}.media", sheet.pieces["file_media"] + sort, where)
    sheet.put(f"{column}.kilo", sheet.at["number"] + 20 + (quarter(drawn, 3) * 980 >> 16), where)
    sheet.put(f"{column}.bytes", sheet.pieces["file_bytes"] + (quarter(drawn, 1) * 1_000 >> 16), where)


def hex_digits(sheet: Sheet, identity: Words) -> list[Ints]:
    """Sixteen digits as four fragments."""
    quads = [(identity >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (48, 32, 16, 0)]
    return [sheet.at["hex4"] + quad.astype(np.int64) for quad in quads]


def _put_id(sheet: Sheet, column: str, identity: Words, *, domains: Ints, where: Where = None) -> None:
    for place, digits in enumerate(hex_digits(sheet, identity)):
        sheet.put(f"{column}.{place}", digits, where)
    sheet.put(f"{column}.domain", domains, where)
