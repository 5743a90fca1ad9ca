"""The press: all fragments, set once per process, and the sheet on which the lines of some mails are composed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pqr_generator.draws import Ints
from pqr_generator.lines.damage import Damages
from pqr_generator.lines.fragments import Fragments, Ids
from pqr_generator.lines.layout import COLUMN, pieces, templates
from pqr_generator.lines.lexicon import Lexicon, collect
from pqr_generator.lines.markup import Markup
from pqr_generator.mails.arrivals import Mails
from pqr_generator.tickets.citizens import Citizens
from pqrs.catalogue import DEPENDENCIES, ENTITIES

__all__ = ["Press", "Sheet", "Where", "press"]

ENTITY_OF_DEPENDENCY = np.array([list(ENTITIES).index(code[0]) for code in DEPENDENCIES])

Where = npt.NDArray[np.bool_] | Ints | None  # some rows, or all


@dataclass(frozen=True, slots=True, eq=False)
class Press:
    """All fragments, and where to find them."""

    array: pa.BinaryArray
    lexicon: Lexicon
    pieces: dict[str, int]
    templates: Ids
    markup: Markup
    damages: Damages


@cache
def press() -> Press:
    """The order in which fragments are collected does not reach the text."""
    fragments = Fragments()
    lexicon = collect(fragments)
    varying, fixed = pieces(fragments), templates(fragments)
    markup = Markup.of(fragments)
    damages = Damages.of(fragments)
    return Press(fragments.array(), lexicon, varying, fixed, markup, damages)


class Sheet:
    """The rows of fragment numbers of some mails, as their letters fix them; the rest is to be put."""

    def __init__(self, mails: Mails, town: Citizens) -> None:
        self.press = press()
        self.at, self.pieces, self.choices = self.press.lexicon.at, self.press.pieces, self.press.lexicon.choices
        self.mails, self.town = mails, town
        self.letter = mails.letter.astype(np.int64)
        self.slot = mails.slot
        self.provider = town.provider[mails.citizen]
        self.entity = ENTITY_OF_DEPENDENCY[mails.dependency]

    @cached_property
    def ids(self) -> Ids:
        """Mails x columns; whoever asks for less than lines needs none of it."""
        return self.press.templates[self.mails.letter]

    def put(self, column: str, value: npt.ArrayLike, where: Where = None) -> None:
        """Fragment numbers into a column, in all rows or in some, the value being as long as those."""
        if where is None:
            self.ids[:, COLUMN[column]] = value
        else:
            self.ids[where, COLUMN[column]] = value

    def choose(self, column: str, row: npt.ArrayLike, bits: Ints, *, where: Where = None) -> None:
        """Alternatives of the choices that bear the column's name."""
        self.put(column, self.choices[column].pick(row, bits), where)
