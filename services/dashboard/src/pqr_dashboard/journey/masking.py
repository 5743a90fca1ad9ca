"""What an analyst reads of a mail: names, documents, addresses and telephones are masked. Pure.

Radicados and dates stay, since they name a case and no person. The same text gives the same mask, and every text has
one. A name that no header of the thread tells, such as that of somebody a citizen writes about, is not known here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

__all__ = ["ADDRESS", "DOCUMENT", "EMAIL", "NAME", "PHONE", "masked", "masked_line"]

NAME, DOCUMENT, EMAIL, ADDRESS, PHONE = "[nombre]", "[documento]", "[correo]", "[dirección]", "[teléfono]"
MASKS = {"name": NAME, "labelled": DOCUMENT, "number": DOCUMENT, "email": EMAIL, "address": ADDRESS, "phone": PHONE}
IDENTIFIERS = ("message_id", "in_reply_to", "references")  # of mails, made by machines
PARTICLES = ("del", "las", "los", "san", "the")  # words of names that stand in every text
WORD_LETTERS = 3  # fewer are no name alone
LATIN = range(0x41, 0x250)
MARKS = r"[\u0300-\u036f]*"  # accents that stand beside their letter
BETWEEN = r"[^\w\n]{1,3}"  # the words of a name
NO_LETTER_BEFORE, NO_LETTER_AFTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"

RADICADO = r"(?<!\d)\d{14}(?!\d)"
DATE = r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d)"
MONEY = r"\$\s?\d[\d.,]*"
AROUND_AT = r"[^\s<>@,;:()\[\]\"']+"
EMAIL_ADDRESS = rf"{AROUND_AT}@{AROUND_AT}(?<!\.)"  # a point behind it ends a sentence
ROADS = r"(?:calle|carrera|cra|kra|kr|cr|cll|cl|diagonal|diag|dg|transversal|transv|tv|avenida|av|autopista|circular)"
CROSSING = r"(?:#|nro\.?|no\.?|n[°º.])"
INSIDE = r"(?:apto|apartamento|torre|casa|piso|interior|int|local|oficina|of|bloque|manzana|mz|lote)"
STREET_ADDRESS = (
    rf"\b{ROADS}\b\.?(?:\s+{ROADS}\b\.?)?\s*\d+\s?\w{{0,3}}(?:\s+(?:bis|sur|norte|este|oeste))*\s*{CROSSING}\s*\d+\s?\w?"
    rf"(?:\s*[-–]\s*\d+)?(?:\s*,?\s*{INSIDE}\b[^\n,.;()]*)*"
)
LABEL = r"(?:c\.?\s?c|c\.?\s?e|t\.?\s?i|t\.?\s?p|nit|nuip|c[eé]dula|pasaporte|documento|identificaci[oó]n)"
LABELLED = rf"\b{LABEL}\b[^\w\n]{{0,4}}(?:n[°ºo.]*\s*)?(?!\d{{14}}(?!\d))[a-z]{{0,3}}\d[\d.]*\d(?:-\d\b)?"
TELEPHONE = r"(?<!\d)(?:\+?57[ -]?)?(?:3\d\d|60\d)[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?:-\d+)?(?!\d)"
NUMBER = r"(?<!\d)(?:\d{6,}|\d{1,3}(?:[. ]\d{3}){2,})(?:-\d)?(?!\d)"


def masked(text: str, names: Iterable[str] = ()) -> str:
    """The text with every name, document, address and telephone in it under its mask.

    `names` are those that headers tell; each of their words is found in any case, and with or without accents.
    """
    return _pattern(tuple(sorted(set(names)))).sub(_mask, text)


def masked_line(line: str, names: Iterable[str] = ()) -> str:
    """A raw line of JSON with its texts masked and its keys, order and identifiers of mails as they are.

    A line that is no JSON object is masked as one text.
    """
    known = tuple(names)
    try:
        read = json.loads(line)
    except ValueError:
        return masked(line, known)
    told = _told(read, lambda text: masked(text, known))
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _told(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_told(each, mask) for each in value]
    if isinstance(value, dict):
        return {name: each if name in IDENTIFIERS else _told(each, mask) for name, each in value.items()}
    return value


def _mask(found: re.Match[str]) -> str:
    return MASKS.get(found.lastgroup or "", found[0])  # what has no mask is a radicado, a date or a sum of money


@lru_cache(maxsize=64)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """All there is to find, in one pass: what is masked or kept once is not looked at again."""
    parts = [f"(?P<kept>{DATE}|{RADICADO}|{MONEY})", f"(?P<email>{EMAIL_ADDRESS})", *_names(names)]
    parts += [f"(?P<address>{STREET_ADDRESS})", f"(?P<labelled>{LABELLED})"]
    return re.compile("|".join([*parts, f"(?P<phone>{TELEPHONE})", f"(?P<number>{NUMBER})"]), re.IGNORECASE)


def _names(names: tuple[str, ...]) -> list[str]:
    """One or more words of known names in a row; of a name of short words alone, all of them."""
    split = [re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name)) for name in names]
    kept = {word for words in split for word in words if len(word) >= WORD_LETTERS and word.lower() not in PARTICLES}
    whole = {BETWEEN.join(map(_spelt, words)) for words in split if words and not kept & set(words)}
    either = "|".join(sorted({*map(_spelt, kept), *whole}, key=lambda each: (-len(each), each)))
    if not either:
        return []
    word = f"{NO_LETTER_BEFORE}(?:{either}){NO_LETTER_AFTER}"
    return [f"(?P<name>{word}(?:{BETWEEN}{word})*)"]


def _spelt(word: str) -> str:
    """A word in any spelling: each letter with every accent and with none."""
    return "".join(f"{_twins().get(_base(letter), re.escape(letter))}{MARKS}" for letter in word)


@lru_cache(maxsize=1)
def _twins() -> dict[str, str]:
    """By letter without accent, all that are it with one, as a class."""
    found: dict[str, str] = {}
    for letter in map(chr, LATIN):
        if letter.isalpha():
            found[_base(letter)] = found.get(_base(letter), "") + letter
    return {base: f"[{letters}]" for base, letters in found.items()}


def _base(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0].lower()
