"""How people spell: the same text in capitals, without accents, in haste or with slips. Pure, from text to text."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

__all__ = ["STYLES", "spelt"]

WORDS_MIN = 4  # less is a name or a greeting, in which nobody slips
# What fingers and ears do to a word: doubled and dropped letters, letters that sound alike.
SLIPS = (
    ("ción", "cion"), ("hab", "ab"), ("v", "b"), ("ll", "y"), ("mb", "nb"), ("rr", "r"), ("ue ", "eu "), ("as ", "a "),
    ("ene", "nee"), ("est", "ets"), ("z", "s"), ("ce", "se"), ("par", "apr"), (" de ", " d "), ("que", "qeu"),
    ("nte", "net"),
)  # fmt: skip
_ACCENTS = tuple(zip("áéíóúüÁÉÍÓÚÜ", "aeiouuAEIOUU", strict=True))


def _plain(text: str) -> str:
    return text


def _capitals(text: str) -> str:
    return _bare(text).upper()


def _bare(text: str) -> str:
    """Without accents; letter by letter, which is much faster than a table over a long text."""
    for accented, bare in _ACCENTS:
        text = text.replace(accented, bare)
    return text


def _hasty(text: str) -> str:
    """Small letters, hardly a comma, words cut short."""
    small = _bare(text.lower()).replace(", ", " ").replace("por favor", "porfa")
    return small.replace(" que ", " q ")


def _misspelt(text: str) -> str:
    """Each piece with two slips that its own letters choose; accents are rare."""
    return "\x00".join(map(_slipped, text.split("\x00"), _bare(text).split("\x00")))


def _slipped(piece: str, bare: str) -> str:
    if piece.count(" ") < WORDS_MIN:
        return piece
    chosen = crc32(piece.encode())
    slipped = bare if chosen & 3 else piece
    for place in (chosen >> 8 & 15, chosen >> 16 & 15):
        right, wrong = SLIPS[place]
        slipped = slipped.replace(right, wrong, 1)
    return slipped


STYLES: tuple[Callable[[str], str], ...] = (_plain, _capitals, _bare, _hasty, _misspelt)


def spelt(pieces: list[bytes], style: Callable[[str], str]) -> list[bytes]:
    """Fragments of JSON strings in another spelling, all at once; line ends stay what they are."""
    text = b"\x00".join(pieces).decode().replace("\\n", "\n")
    if "\\" in text:
        raise ValueError(
            "Text of citizens must need no escape but that of a newline; write it without quotation marks."
        )
    return style(text).replace("\n", "\\n").encode().split(b"\x00")
