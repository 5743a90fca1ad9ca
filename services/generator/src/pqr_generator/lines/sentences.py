"""The sentences of the mails: packaged phrases, by letter, type, topic or entity, as alternatives to choose from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from pqr_generator.lines.fragments import Choices, Fragments
from pqr_generator.lines.grammar import blocks
from pqr_generator.mails.letters import FROM_CITIZEN, FROM_COURT, FROM_MAILBOX, LETTERS
from pqr_generator.tickets.citizens import names
from pqrs import wording
from pqrs.catalogue import ENTITIES, PQRS_TYPES, TOPICS, Entity

__all__ = ["phrases", "sentences"]

DECISIONS = ("answer", "denial", "second_answer", "reference")
CAPACITIES = ("attorney", "attorney_woman", "company", "anonymous")  # in which other senders than persons write
VAGUE = ("subject", "opening", "ask")
BEGINNING_WORDS = 6  # of the letter, where its beginning is the subject
MENTIONS_TOPIC = ("completion", "progress", "insistence", "reopening", *DECISIONS)
ANSWERED = {"completion": "completion_request", "insistence": "acknowledgement", "reopening": "answer"}


@cache
def phrases() -> dict[str, Any]:
    """The grammar of the simulated mail."""
    return tomllib.loads((resources.files("pqr_generator") / "data" / "phrases.toml").read_text(encoding="utf-8"))


def sentences(fragments: Fragments) -> dict[str, Choices]:
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
        **blocks(fragments, barrios=grammar["place"]["barrio"], facts=grammar["matter"]["request"]),
        "transferred": fragments.choices([transferred]),
        "quote": fragments.choices([_quoted(letter, entity) for letter in LETTERS for entity in ENTITIES.values()]),
        "quote_end": fragments.choices([_quoted_end(letter, grammar) for letter in LETTERS]),
        "tail": fragments.choices([grammar["contact"]["tail"]["person"], grammar["contact"]["tail"]["company"]]),
        "forward": fragments.choices([[f"{text}De: " for text in grammar["contact"]["forward"]]]),
        "forwarded": fragments.choices(
            [[text.strip() for text in grammar["matter"]["request"][topic.code]] for topic in TOPICS]
        ),
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


def _quoted(letter: str, entity: Entity) -> list[str]:
    """What stands above a quoted letter of the entity, up to its radicado."""
    if letter not in ANSWERED:
        return []
    box, subject = (
        f"{entity.name} <pqrs@{entity.domain}>",
        f"{wording.SUBJECTS[ANSWERED[letter]]} {wording.RADICADO_TAG}",
    )
    return [
        f"\n\n{box} escribió:\n\n> {subject}",
        f"\n\n-----Mensaje original-----\nDe: {box}\nAsunto: {subject}",
    ]


def _quoted_end(letter: str, grammar: Mapping[str, Any]) -> list[str]:
    """The rest of the number, and how the quoted letter begins and ends."""
    if letter not in ANSWERED:
        return []
    opening, ask = (grammar[piece]["reply"][ANSWERED[letter]] for piece in ("opening", "ask"))
    return [f"2]\n>\n> {first.strip()}\n> {last}\n>\n> Cordialmente," for first in opening for last in ask]


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
