"""Sentences by grammar: a template stands for one sentence per way to fill its slots; paragraphs hold several."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import islice, product
from typing import Any

import numpy as np

from pqr_generator.draws import mixed
from pqr_generator.lines.fragments import Choices, Fragments
from pqrs.catalogue import PQRS_TYPES, TOPICS

__all__ = ["FACTS", "IS_MOOD", "SIZES", "VOICES", "VOICE_OF_TYPE", "blocks", "expanded", "grammar"]

VOICES = ("person", "company", "praise", "suggestion", "authority")  # who writes, and in which mood
_MOOD_OF_TYPE = {"FELICITACION": "praise", "SUGERENCIA": "suggestion", "PET_AUT": "authority"}
VOICE_OF_TYPE = np.array([VOICES.index(_MOOD_OF_TYPE.get(kind, "person")) for kind in PQRS_TYPES])
IS_MOOD = np.isin(PQRS_TYPES, list(_MOOD_OF_TYPE))  # types whose letters tell no case of their own
FACTS = 2  # about the topic, besides the one that every letter states, at most
SIZES = {"attempts": 8, "effects": 7, "also": 5, "law": 7, "pleas": 7}  # sentences of each block, at most
PARAGRAPHS = 128  # different ones of each block and size of several sentences
SENTENCES = 512  # of a block of one
LISTED = 3  # so many pleas are numbered
SLOT = re.compile(r"\{(\w+)\}")
TIMED = re.compile(r"\{mes\}|\b(hace|desde|meses|semanas|año|años)\b")


@cache
def grammar() -> dict[str, Any]:
    """The packaged templates and slots."""
    return tomllib.loads((resources.files("pqr_generator") / "data" / "grammar.toml").read_text(encoding="utf-8"))


def expanded(templates: Iterable[str], **more: Sequence[str]) -> list[str]:
    """Every sentence that the templates stand for, which begin with a capital letter."""
    slots = grammar()["slot"] | more
    found = []
    for template in templates:
        names, form = SLOT.findall(template), SLOT.sub("{}", template)
        for values in product(*(slots[name] for name in names)):
            text = form.format(*values).replace(" a el ", " al ")
            found.append(text[0].upper() + text[1:])
    return found


def blocks(fragments: Fragments, *, barrios: Sequence[str], facts: Mapping[str, list[str]]) -> dict[str, Choices]:
    """What a letter may hold besides what it begins and ends with; each by the number of its sentences, 0 for none.

    Rows: topic * (FACTS + 1) + sentences (more), topic * 2 + whether it was asked before (detail), person, company or
    anonymous (place), voice * (7 + 1) + sentences (effects), sentences (others), voice * topics + topic (mood).
    """
    rules = grammar()
    effects = [rules["effects"][voice] for voice in VOICES[:2]] + [rules[voice]["more"] for voice in VOICES[2:]]
    moods = [rules[voice]["matter"] if voice in rules else [] for voice in VOICES]
    placed = [expanded(rules["where"][who], barrio=barrios) for who in ("person", "company", "anonymous")]
    rows = {
        "more": [row for topic in TOPICS for row in _sized(rules["fact"][topic.code], FACTS)],
        "detail": [row for topic in TOPICS for row in _since(topic.code, facts[topic.code])],
        "place": [_spaced(row) for row in placed],
        "effects": [row for templates in effects for row in _sized(templates, SIZES["effects"])],
        "mood": [_spaced(expanded(mood, tema=[topic.name])) for mood in moods for topic in TOPICS],
        "pleas": _pleas(),
    }
    rows |= {name: _sized(rules[name]["any"], SIZES[name]) for name in ("attempts", "also", "law")}
    return {name: fragments.choices(found) for name, found in rows.items()}


def _spaced(texts: Iterable[str]) -> list[str]:
    return [f"{text} " for text in texts]


def _since(topic: str, facts: list[str]) -> list[list[str]]:
    """Not asked before, asked before; no time is told where a fact of the topic may tell another."""
    rules = grammar()
    is_timed = any(TIMED.search(text) for text in (*facts, *rules["fact"][topic]))
    return [
        _spaced(expanded(rules["since"]["none" if is_timed else "any"])),
        _spaced(expanded(rules["since"]["again"])),
    ]


def _sized(templates: Sequence[str], most: int) -> list[list[str]]:
    """Of none to `most` sentences; three or more begin a paragraph."""
    rows: list[list[str]] = [[]]
    for size in range(1, most + 1):
        begin = "\n\n" if size >= LISTED else ""
        rows.append([f"{begin}{' '.join(several)} " for several in _several(templates, size)])
    return rows


def _pleas() -> list[list[str]]:
    """One or two follow what is asked, more are a list."""
    rules = grammar()["pleas"]
    rows: list[list[str]] = [[]]
    for size in range(1, SIZES["pleas"] + 1):
        several = _several(rules["single" if size < LISTED else "any"], size)
        if size < LISTED:
            rows.append([" " + " ".join(texts) for texts in several])
        else:
            heads = ("\n\nPeticiones:", "\n\nEn concreto pido:")
            rows.append([
                heads[place & 1] + "".join(f"\n{number}. {text}" for number, text in enumerate(texts, 1))
                for place, texts in enumerate(several)
            ])  # fmt: skip
    return rows


def _several(templates: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Different ways to say so many of these sentences in their order, each from another template."""
    ways = [expanded([template]) for template in templates]
    size = min(size, len(ways))
    if size == 1:
        every = [(text,) for texts in ways for text in texts]
        return list(islice(every[:: max(1, len(every) // SENTENCES)], SENTENCES))
    found = []
    for draws in mixed(np.arange(PARAGRAPHS * (len(ways) + 1)), size).reshape(PARAGRAPHS, -1).tolist():
        order = sorted(range(len(ways)), key=draws.__getitem__)[:size]
        found.append(tuple(ways[place][draws[-1] // (place + 1) % len(ways[place])] for place in sorted(order)))
    return found
