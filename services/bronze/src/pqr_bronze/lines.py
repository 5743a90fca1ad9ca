"""Raw objects as lines: views into their bytes, which of them can be looked into at all, and how to show the others."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Lines", "RawObject", "as_bytes", "as_text", "lines_of"]

MOST_BYTES = (
    25 * 2**20
)  # of a line, which is what mail servers take; looking into a longer one costs a worker its memory
SHOWN_BYTES = 4 * 2**10  # of a line that is too long
NEWLINE = 10
LINE_END = b"}\n"  # how every whole line ends
LINES_A_LOOK = 256  # how many lines Arrow checks at once; of 128 to 1,024 all cost the same


@dataclass(frozen=True, slots=True)
class RawObject:
    """The bytes of one raw object and where it lies."""

    key: str
    day: date
    part: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of some raw objects, newline included, one chunk per object, and where each came from.

    A line is null where it is plainly broken. Of those that are too long, by their ordinal and with what is said of
    them, `texts` holds the beginning.
    """

    texts: pa.ChunkedArray
    provenance: pa.Table
    too_long: dict[int, str]

    @property
    def all_valid(self) -> pa.ChunkedArray:
        """The same, none of them null."""
        chunks = self.texts.chunks
        return pa.chunked_array([pa.Array.from_buffers(pa.utf8(), len(c), [None, *c.buffers()[1:]]) for c in chunks])


def lines_of(objects: Sequence[RawObject]) -> Lines:
    """Views into the bytes of the objects, which are copied only where a line is too long."""
    bounds = [_bounds(raw.data) for raw in objects]
    counts = [len(at) - 1 for at in bounds]
    begins = np.cumsum([0, *counts])
    chunks: list[pa.Array] = []
    too_long: dict[int, str] = {}
    for raw, at, begin in zip(objects, bounds, begins[:-1].tolist(), strict=True):
        reasons = {line: _reason(raw.data[at[line] : at[line + 1]]) for line in _long(at)}
        data = _shortened(raw.data, at, reasons) if reasons else raw.data
        chunks.append(_views(data, _bounds_of(at, reasons)))
        too_long |= {begin + line: reason for line, reason in reasons.items()}
    provenance = {
        "raw_day": np.repeat(np.array([raw.day for raw in objects], dtype="datetime64[D]"), counts),
        "raw_part": np.repeat(np.array([raw.part for raw in objects], dtype=np.int32), counts),
        "raw_line": np.concatenate([np.arange(count, dtype=np.int32) for count in counts]),
        "raw_offset": np.concatenate([at[:-1] for at in bounds]).astype(np.int64),
    }
    return Lines(pa.chunked_array(chunks, pa.utf8()), pa.table(provenance), too_long)


def as_bytes(views: pa.Array) -> pa.Array:
    """The same lines as bytes, those that were null included."""
    return pa.Array.from_buffers(pa.binary(), len(views), [None, *views.buffers()[1:]])


def as_text(raw: pa.ChunkedArray) -> pa.Array:
    """Lines as text, without their newlines; bytes that are not UTF-8 as \\xNN."""
    ended = pc.if_else(pc.ends_with(raw, b"\n"), raw, pc.binary_join_element_wise(raw, b"", b"\n")).combine_chunks()
    whole = pc.binary_join(pa.ListArray.from_arrays([0, len(ended)], ended), b"")[0].as_py()
    return pa.array(whole.decode(errors="backslashreplace").split("\n")[:-1], pa.string())


def _long(bounds: np.ndarray) -> list[int]:
    return [int(line) for line in np.flatnonzero(np.diff(bounds) > MOST_BYTES)]


def _reason(line: bytes) -> str:
    return (
        f"the line has {len(line)} bytes instead of at most {MOST_BYTES}, of SHA-256 {hashlib.sha256(line).hexdigest()}"
    )


def _shortened(data: bytes, bounds: np.ndarray, too_long: Collection[int]) -> bytes:
    """The lines of an object, and the beginning of those that are too long."""
    ends = {line: bounds[line] + SHOWN_BYTES for line in too_long}
    return b"".join(data[at : ends.get(line, bounds[line + 1])] for line, at in enumerate(bounds[:-1].tolist()))


def _bounds_of(bounds: np.ndarray, too_long: Collection[int]) -> np.ndarray:
    """Where the lines begin and end once those that are too long are shortened."""
    counts = np.diff(bounds)
    counts[list(too_long)] = SHOWN_BYTES
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)


def _views(data: bytes, bounds: np.ndarray) -> pa.Array:
    """The lines as text without a copy; null where the bytes are cut short or are not UTF-8, which is quick to see."""
    buffer, ends = np.frombuffer(data, dtype=np.uint8), bounds[1:]
    is_whole = np.diff(bounds) >= len(LINE_END)
    for back, byte in enumerate(reversed(LINE_END), start=1):
        is_whole &= buffer[np.maximum(ends - back, 0)] == byte
    lines = pa.Array.from_buffers(pa.utf8(), len(ends), [None, pa.py_buffer(bounds), pa.py_buffer(data)])
    for begin in range(0, len(lines), LINES_A_LOOK):
        is_whole[list(_undecodable(lines, begin, min(begin + LINES_A_LOOK, len(lines))))] = False
    validity = pa.py_buffer(np.packbits(is_whole, bitorder="little"))
    return pa.Array.from_buffers(pa.utf8(), len(ends), [validity, *lines.buffers()[1:]])


def _undecodable(lines: pa.Array, begin: int, end: int) -> Iterator[int]:
    """The lines from `begin` to before `end` that are not UTF-8: Arrow checks many at once, halving finds the few."""
    try:
        lines[begin:end].validate(full=True)
    except pa.ArrowInvalid:
        if end - begin == 1:
            yield begin
        else:
            middle = (begin + end) // 2
            yield from _undecodable(lines, begin, middle)
            yield from _undecodable(lines, middle, end)


def _bounds(data: bytes) -> np.ndarray:
    """Byte offsets at which lines begin, and the end; a last line without its newline counts too."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == NEWLINE) + 1
    if len(data) and (not len(ends) or ends[-1] != len(data)):
        ends = np.append(ends, len(data))
    return np.concatenate(([0], ends)).astype(np.int32)
