"""The lexicon: packaged words and phrases, numbers, days and times, as fragments to be chosen by number."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from pqr_generator.lines.fragments import Choices, Fragments
from pqr_generator.mails.letters import FROM_CITIZEN, FROM_COURT, FROM_MAILBOX, LETTERS
from pqr_generator.tickets.citizens import first_names, last_names, names
from pqrs import calendar, wording
from pqrs.catalogue import CONTROL_BODIES, DEPENDENCIES, ENTITIES, PQRS_TYPES, TOPICS
from pqrs.territory import MUNICIPALITIES

__all__ = ["FIRST_DAY", "FIRST_YEAR", "Lexicon", "collect", "phrases"]

DECISIONS = ("answer", "denial", "second_answer", "reference")
CAPACITIES = ("attorney", "attorney_woman", "company", "anonymous")  # in which other senders than persons write
VAGUE = ("subject", "opening", "ask")
BEGINNING_WORDS = 6  # of the letter, where its beginning is the subject
MENTIONS_TOPIC = ("completion", "progress", "insistence", "reopening", *DECISIONS)
FIRST_YEAR, LAST_YEAR = calendar.FIRST_DAY.year, calendar.LAST_DAY.year + 1  # around the calendar
FIRST_DAY = np.datetime64(f"{FIRST_YEAR - 1}-12-01", "D")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """`at` gives the first fragment of a list that is indexed by number, `choices` the alternatives by row.

    Rows of choices are letters, or letter * entities + entity (greeting), letter * types + type (opening, ask), or
    letter * topics + topic (matter).
    """

    at: Mapping[str, int]
    choices: Mapping[str, Choices]


@cache
def phrases() -> dict[str, Any]:
    """The grammar of the simulated mail."""
    return tomllib.loads((resources.files("pqr_generator") / "data" / "phrases.toml").read_text(encoding="utf-8"))


def collect(fragments: Fragments) -> Lexicon:
    """All words, in a fixed order, into `fragments`."""
    at = _numbers(fragments) | _names(fragments) | _facts(fragments)
    at["home"] = fragments.text(f"\n{wording.HOME}{town.place}" for town in MUNICIPALITIES)
    return Lexicon(at, _phrases(fragments))


def _numbers(fragments: Fragments) -> dict[str, int]:
    days = np.arange(FIRST_DAY, np.datetime64(f"{LAST_YEAR + 1}-01-31", "D"))
    return {
        "hex4": fragments.raw(*(f"{number:04x}" for number in range(65_536))),
        "digits3": fragments.raw(*(f"{number:03d}" for number in range(1_000))),
        "digits4": fragments.raw(*(f"{number:04d}" for number in range(10_000))),
        "number": fragments.raw(*(str(number) for number in range(1_000))),
        "iso_day": fragments.raw(*(f"{day}T" for day in days.astype(str))),
        "mail_day": fragments.raw(*(_mail_day(day) for day in days.tolist())),
        "minute": fragments.raw(*(f"{number // 60:02d}:{number % 60:02d}" for number in range(1_440))),
        "second": fragments.raw(*(f":{number:02d}" for number in range(60))),
        "prefix": fragments.raw(
            *(f"{year}{code}" for year in range(FIRST_YEAR, LAST_YEAR + 1) for code in DEPENDENCIES)
        ),
    }


def _names(fragments: Fragments) -> dict[str, int]:
    after = [f" {name}" if name else "" for name in last_names()]
    return {
        "given": fragments.text(first_names()),
        "surname": fragments.text(after),
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


def _phrases(fragments: Fragments) -> dict[str, Choices]:
    grammar = phrases()
    reply = {piece: grammar[piece]["reply"] for piece in ("opening", "ask")}
    transferred = [f"Entidad competente: {name}\n" for name in grammar["transferred"]["to"]]
    return {
        "greeting": fragments.choices(_by_entity(grammar["greeting"])),
        "farewell": fragments.choices([_farewells(letter, grammar["farewell"]) for letter in LETTERS]),
        "opening": fragments.choices(_by_type(grammar["opening"]["request"], reply["opening"])),
        "ask": fragments.choices(_by_type(grammar["ask"]["request"], reply["ask"])),
        "matter": fragments.choices(_by_topic(grammar["matter"]["request"])),
        "beginning": fragments.choices(_beginnings(grammar["matter"]["request"])),
        **{f"vague_{piece}": fragments.choices(_by_mood(grammar["vague"], piece)) for piece in VAGUE},
        "detail": fragments.choices([[f"{text}. " for text in grammar["detail"]["request"]]]),
        "place": fragments.choices([[f"Vivo en el barrio {name}. " for name in grammar["detail"]["place"]]]),
        "transferred": fragments.choices([transferred]),
        "given": fragments.choices([names()["women"] + names()["men"]]),
        "capacity": fragments.choices([grammar["people"]["capacity"][sender] for sender in CAPACITIES]),
        "client_end": fragments.choices([grammar["people"]["client_end"][sender] for sender in CAPACITIES]),
        "surname": fragments.choices([[f" {name}" for name in names()["surname"]]]),
    }


def _by_entity(texts: Mapping[str, list[str]]) -> list[list[str]]:
    """Rows letter * entities + entity: some greet it by its name."""
    names = [entity.name for entity in ENTITIES.values()]
    return [
        [text.replace("{entity}", name) for text in _by_side(letter, texts)] for letter in LETTERS for name in names
    ]


def _by_side(letter: str, texts: Mapping[str, list[str]]) -> list[str]:
    return [] if letter in FROM_MAILBOX + FROM_COURT else texts["citizen" if letter in FROM_CITIZEN else "entity"]


def _farewells(letter: str, texts: Mapping[str, list[str]]) -> list[str]:
    end = "" if letter == "acknowledgement" else "\n"  # nobody signs what a machine sends
    return [f"\n\n{text}{end}" for text in _by_side(letter, texts)]


def _by_type(request: Mapping[str, list[str]], reply: Mapping[str, list[str]]) -> list[list[str]]:
    """Rows letter * types + type: a request's texts depend on the type, those of the other letters do not."""
    return [
        request[kind] if letter == "request" else reply.get(letter, []) for letter in LETTERS for kind in PQRS_TYPES
    ]


def _by_topic(request: Mapping[str, list[str]]) -> list[list[str]]:
    """Rows letter * topics + topic: the facts of a request, or the mention of what a letter is about."""
    rows: list[list[str]] = []
    for letter in LETTERS:
        for topic in TOPICS:
            end = "" if letter in DECISIONS else " "  # a decision begins a line of its own
            mention = [f"El asunto es {topic.name}.{end}", f"La petición trata de {topic.name}.{end}"]
            rows.append(request[topic.code] if letter == "request" else mention if letter in MENTIONS_TOPIC else [])
    return rows


def _beginnings(request: Mapping[str, list[str]]) -> list[list[str]]:
    """Rows topic: how the facts of a request begin."""
    return [[" ".join(text.split()[:BEGINNING_WORDS]) for text in request[topic.code]] for topic in TOPICS]


def _by_mood(vague: Mapping[str, Any], piece: str) -> list[list[str]]:
    """Rows type: what fits all types that are written in its mood."""
    mood = {kind: name for name, kinds in vague["mood"].items() for kind in kinds}
    return [vague[piece][mood.get(kind, "asks")] for kind in PQRS_TYPES]


def _mail_day(day: Any) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day.day:02d} {MONTHS[day.month - 1]} {day.year:04d} "


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())
