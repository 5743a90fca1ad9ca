"""Keyed draws: word `i` of a field depends on the seed, the field's name and `i`, on nothing else.

Raw words of Philox 4x64 (four per counter), then integer arithmetic and lookup tables: no distribution of a
library and no float takes part in a decision, so a field added tomorrow moves no field of today.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Ints", "Words", "below", "chance", "field_key", "low", "mixed", "pick", "quarter", "words"]

Words: TypeAlias = npt.NDArray[np.uint64]
Ints: TypeAlias = npt.NDArray[np.int64]

WORDS_PER_COUNTER = 4
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFF_FFFF)


def field_key(seed: int, field: str) -> tuple[int, int]:
    """128 bits that belong to one field under one seed."""
    digest = hashlib.sha256(f"{seed}/{field}".encode()).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")


def words(seed: int, field: str, numbers: range) -> Words:
    """The words of a field at consecutive numbers."""
    counter, skipped = divmod(numbers.start, WORDS_PER_COUNTER)
    # A key given as words leaves the bit stream to Philox alone; no seeding algorithm is involved.
    stream = np.random.Philox(
        key=np.array(field_key(seed, field), dtype=np.uint64),
        counter=np.array([counter, 0, 0, 0], dtype=np.uint64),
    )
    return np.asarray(stream.random_raw(len(numbers) + skipped), dtype=np.uint64)[skipped:]


def below(drawn: Words, bound: npt.ArrayLike) -> Ints:
    """Integers in 0 .. bound - 1 (bound < 2^31, one or one per draw) from the high half of each word."""
    return _scaled(drawn >> _HALF, bound)


def low(drawn: Words, bound: npt.ArrayLike) -> Ints:
    """As `below`, from the low half: a second, independent integer of the same word."""
    return _scaled(drawn & _LOW_HALF, bound)


def quarter(drawn: Words, which: int) -> Ints:
    """The 16 bits number `which` (0..3) of each word, to choose among a few texts."""
    return ((drawn >> np.uint64(16 * which)) & np.uint64(0xFFFF)).astype(np.int64)


def chance(drawn: Words, rate: npt.ArrayLike, out_of: int) -> npt.NDArray[np.bool_]:
    """True for `rate` of every `out_of` draws."""
    return np.asarray(below(drawn, out_of) < np.asarray(rate))


def pick(drawn: Words, weights: npt.ArrayLike) -> Ints:
    """Indices drawn in proportion to integer weights."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.int64))
    return np.searchsorted(cumulative, below(drawn, cumulative[-1]), side="right").astype(np.int64)


def mixed(values: npt.ArrayLike, key: int) -> Words:
    """A bijection of 64-bit integers (the finaliser of SplitMix64, by Steele and others): distinct stay distinct."""
    mix = np.asarray(values).astype(np.uint64) ^ np.uint64(key)
    mix = (mix ^ (mix >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mix = (mix ^ (mix >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mix ^ (mix >> np.uint64(31))


def _scaled(half: Words, bound: npt.ArrayLike) -> Ints:
    return ((half * np.asarray(bound).astype(np.uint64)) >> _HALF).astype(np.int64)
