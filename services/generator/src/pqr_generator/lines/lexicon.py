"""The lexicon: packaged words and phrases, numbers, days and times, as fragments to be chosen by number."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pqr_generator.draws import mixed
from pqr_generator.lines.fragments import Choices, Fragments
from pqr_generator.lines.sentences import phrases, sentences
from pqr_generator.lines.styles import STYLES, spelt
from pqr_generator.tickets.citizens import first_names, last_names
from pqrs import calendar, wording
from pqrs.catalogue import CONTROL_BODIES, DEPENDENCIES, PQRS_TYPES, TOPICS
from pqrs.territory import MUNICIPALITIES

__all__ = ["FIRST_DAY", "FIRST_YEAR", "HOMES", "LINES", "Lexicon", "collect"]

HOMES, LINES = 4_096, 10_000  # addresses and telephones there are
FIRST_YEAR, LAST_YEAR = calendar.FIRST_DAY.year, calendar.LAST_DAY.year + 1  # around the calendar
FIRST_DAY = np.datetime64(f"{FIRST_YEAR - 1}-12-01", "D")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """`at` gives the first fragment of a list that is indexed by number, `choices` the alternatives by row.

    Rows of choices are letters, or letter * entities + entity (greeting), letter * types + type (opening, ask), or
    letter * topics + topic (matter). `spoken`: the first and the count of those that citizens may
    spell otherwise; as many further on follow the same in each other style, in the order of `STYLES`.
    """

    at: Mapping[str, int]
    choices: Mapping[str, Choices]
    spoken: tuple[int, int]


def collect(fragments: Fragments) -> Lexicon:
    """All words, in a fixed order, into `fragments`."""
    at = _numbers(fragments) | _facts(fragments) | _contacts(fragments) | _signatures(fragments)
    at["home"] = fragments.text(f"\n{wording.HOME}{town.place}" for town in MUNICIPALITIES)
    first = len(fragments)
    at |= _names(fragments)
    choices = sentences(fragments)
    spoken = fragments.after(first)
    for style in STYLES[1:]:
        fragments.raw(*spelt(spoken, style))
    return Lexicon(at, choices, (first, len(spoken)))


def _numbers(fragments: Fragments) -> dict[str, int]:
    days = np.arange(FIRST_DAY, np.datetime64(f"{LAST_YEAR + 1}-01-31", "D"))
    return {
        "hex4": fragments.raw(*(f"{number:04x}" for number in range(65_536))),
        "digits3": fragments.raw(*(f"{number:03d}" for number in range(1_000))),
        "digits4": fragments.raw(*(f"{number:04d}" for number in range(10_000))),
        "number": fragments.raw(*(str(number) for number in range(1_000))),
        "received_day": fragments.raw(*(f'"received_at":"{day}T' for day in days.astype(str))),
        "sent_day": fragments.raw(*(f'"date":"{_mail_day(day)}' for day in days.tolist())),
        "minute": fragments.raw(*(f"{number // 60:02d}:{number % 60:02d}" for number in range(1_440))),
        "prefix": fragments.raw(
            *(f"{year}{code}" for year in range(FIRST_YEAR, LAST_YEAR + 1) for code in DEPENDENCIES)
        ),
    }


def _names(fragments: Fragments) -> dict[str, int]:
    after = [f" {name}" if name else "" for name in last_names()]
    return {
        "given": fragments.text(first_names()),
        "surname": fragments.text(after),
    }


def _signatures(fragments: Fragments) -> dict[str, int]:
    """What stands with a name and is spelt to the letter."""
    return {
        "given_slug": fragments.text(_slug(name) for name in first_names()),
        "surname_slug": fragments.text(f".{_slug(name)}" if name else "" for name in last_names()),
        "addressee": fragments.text(phrases()["people"]["addressee"]),
        "document": fragments.text(("\nC.C. 999", "\nC.E. 999", "\nNIT 999")),
        "marked": fragments.text((" (ficticia)", *(f"-{digit} (ficticio)" for digit in range(10)))),
        "card": fragments.text(
            f" (ficticia)\nT.P. 999{number:03d} (ficticia) del C. S. de la J." for number in range(1_000)
        ),
        "desk": fragments.text(f"\n{name}" for name in DEPENDENCIES.values()),
    }


def _facts(fragments: Fragments) -> dict[str, int]:
    """The lines of an acknowledgement and of an extension that other systems read."""
    heads = [f"{wording.REQUEST_SUBJECTS[kind]}{wording.BEFORE_TOPIC}" for kind in PQRS_TYPES]
    return {
        "copy": fragments.text(f"\n\n{wording.COPY}{name}" for name in CONTROL_BODIES),
        "request_subject": fragments.text(f"{head}{topic.name}" for head in heads for topic in TOPICS),
        "kind_line": fragments.text(f"2\n{wording.TYPE}{kind}\n{wording.TOPIC}" for kind in PQRS_TYPES),
        "topic_line": fragments.text(f"{topic.code}\n{wording.DEPENDENCY}{topic.dependency}\n" for topic in TOPICS),
        "priority_line": fragments.text(f"{wording.PRIORITY}{level}\n" for level in ("normal", "alta")),
        "extension_line": fragments.text(f"{wording.EXTENSION}{days} días hábiles\n" for days in range(100)),
    }


def _contacts(fragments: Fragments) -> dict[str, int]:
    """Marked-fake addresses in the form that is usual, and the beginnings of telephone numbers that nobody has."""
    return {
        "address": fragments.text(_addresses()),
        "phone": fragments.text(f"\n{label}300 000 " for label in ("Cel. ", "Celular: ", "Tel. ", "")),
        "phone.digits": fragments.raw(*(f"{number:04d}" for number in range(LINES))),
        "forward_topic": fragments.text(f"\nAsunto: {topic.name}\n\n" for topic in TOPICS),
    }


def _addresses() -> list[str]:
    """`Calle 45 # 12-30, apto 301 (ficticia)`: numbers and letters follow from the address's number."""
    found = []
    drawn = zip(*(mixed(np.arange(HOMES), key).tolist() for key in (7, 8)), strict=True)
    for bits in (one | other << 64 for one, other in drawn):
        road, letter, inside = (
            texts[(bits >> shift & 0xFFFF) % len(texts)]
            for shift, texts in zip((0, 16, 32), phrases()["contact"]["address"].values(), strict=True)
        )
        street, cross, house, door = ((bits >> shift & 0xFFFF) for shift in (48, 64, 80, 96))
        inside = inside.replace("{n}", f"{1 + door % 12}0{1 + door // 12 % 4}")
        label = "Dirección: " if bits >> 112 & 1 else ""
        found.append(
            f"\n{label}{road} {1 + street % 150}{letter} # {1 + cross % 90}-{2 + house % 97:02d}{inside} (ficticia)"
        )
    return found


def _mail_day(day: Any) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day.day:02d} {MONTHS[day.month - 1]} {day.year:04d} "


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())
