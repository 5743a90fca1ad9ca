"""Fragments: every piece of text a line is made of, once, as one Arrow array; a line is a list of their numbers.

`join` is the heart of the generator's speed: taking the fragments of all lines row by row lays their bytes
end to end, so the data buffer of the result is the JSON lines object itself.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pqr_generator.draws import Ints

__all__ = ["EMPTY", "Choices", "Fragments", "Ids", "join"]

Ids = npt.NDArray[np.int32]
EMPTY = 0  # the number of the empty fragment
SLICE_ROWS = 8_192  # of a sheet at once: `take` makes room for fragments of mean length, five times what lines need
SLICE_PIECES = 16_384  # of the fragments at once where each is changed: all of them are 40 MB, several times over


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Lists of alternatives, one per row: consecutive fragment numbers from `first`."""

    first: Ints
    count: Ints

    def pick(self, row: npt.ArrayLike, bits: Ints) -> Ints:
        """The fragment that 16 drawn bits choose from each row's list."""
        at = np.asarray(row)
        return np.asarray(self.first[at] + (bits * self.count[at] >> 16))


class Fragments:
    """Collects fragments and numbers them; number 0 is the empty one."""

    def __init__(self) -> None:
        self._bytes: list[bytes] = [b""]

    def __len__(self) -> int:
        return len(self._bytes)

    def after(self, first: int) -> list[bytes]:
        """What was collected from this number on."""
        return self._bytes[first:]

    def raw(self, *pieces: str | bytes) -> int:
        """Pieces of JSON as they are; returns the number of the first, the others follow."""
        first = len(self._bytes)
        self._bytes += [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
        return first

    def text(self, texts: Iterable[str]) -> int:
        """Texts that stand inside a JSON string, escaped; returns the number of the first."""
        return self.raw(*_escaped("\x00".join(texts)).split("\\u0000"))  # all at once, which is much faster

    def choices(self, rows: Sequence[Sequence[str]]) -> Choices:
        """Alternatives by row; a row without any gives the empty fragment."""
        first = [self.text(row) if row else EMPTY for row in rows]
        return Choices(np.array(first), np.array([max(len(row), 1) for row in rows]))

    def twins(self, change: Callable[[bytes], bytes]) -> Ids:
        """By number: each fragment so far, changed; the fragment itself where that is the same.

        `change` gets many at once, with zero bytes between them, which it leaves alone.
        """
        twins = np.arange(len(self._bytes), dtype=np.int32)
        for start in range(0, len(twins), SLICE_PIECES):
            pieces = self._bytes[start : min(start + SLICE_PIECES, len(twins))]
            changed = change(b"\x00".join(pieces)).split(b"\x00")
            changing = [at for at, (piece, other) in enumerate(zip(pieces, changed, strict=True)) if piece != other]
            first = self.raw(*(changed[at] for at in changing))
            twins[[start + at for at in changing]] = first + np.arange(len(changing))
        return twins

    def array(self) -> pa.BinaryArray:
        """In buffers of just their size: Arrow's own way from a list takes twice as much, and keeps it."""
        offsets = np.cumsum([0, *map(len, self._bytes)], dtype=np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(self._bytes))]
        return pa.Array.from_buffers(pa.binary(), len(self), buffers)


def join(fragments: pa.BinaryArray, sheet: Ids) -> bytes:
    """The bytes of all rows of fragment numbers, end to end."""
    return b"".join(_joined(fragments, sheet[start : start + SLICE_ROWS]) for start in range(0, len(sheet), SLICE_ROWS))


def _joined(fragments: pa.BinaryArray, sheet: Ids) -> memoryview:
    taken = fragments.take(pa.array(sheet[sheet != EMPTY]))  # more than half are empty: what is not taken costs nothing
    _, offsets, data = taken.buffers()
    return memoryview(data)[: np.frombuffer(offsets, np.int32)[len(taken)]] if data is not None else memoryview(b"")


def _escaped(text: str) -> str:
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"Text of the generator must be NFC, found {text!r}.")
    return json.dumps(text, ensure_ascii=False)[1:-1]
