"""Chance with a stated spread, by keyed words and tables of integers: gamma factors, and Poisson counts.

The tables are computed once by exact integer or correctly rounded decimal arithmetic, so that they are the same on
every machine.
"""

from __future__ import annotations

from decimal import Context
from functools import cache

import numpy as np

from pqr_generator.draws import Ints, Words, quarter, words

__all__ = ["ONE_FACTOR", "UNIT_BITS", "counts", "factors"]

ONE_FACTOR = 10_000  # a factor of one
SHAPE = 8  # a factor is the sum of so many exponentials, stretched to the variation that is asked for
SHAPE_VARIATION = 35_355  # what such a sum has by itself, per 100,000: one over the root of the shape
EXPONENTIAL_BITS = 8

UNIT_BITS = 16  # expected counts are given in parts of a ticket, 2^16 to one
DIGIT_BITS, DIGITS = 4, 6  # six digits to the base 16: whole tickets up to 255
EXACT_BELOW = 1 << (DIGIT_BITS * DIGITS)
TAIL_BITS = 32
NORMAL_MEAN, NORMAL_SPREAD = 2 * 0xFFFF, 37_837  # of the sum of a word's four quarters


def factors(seed: int, field: str, numbers: range, *, variation: int) -> Ints:
    """By number: a factor around ONE_FACTOR whose coefficient of variation is `variation` per mille; gamma-shaped."""
    drawn = words(seed, field, range(2 * numbers.start, 2 * numbers.stop)).reshape(-1, 2)
    table = _exponentials()
    total = sum(table[quarter(drawn, which) >> (16 - EXPONENTIAL_BITS)] for which in range(4)).sum(axis=1)
    mean = SHAPE * int(table.sum()) // len(table)
    return np.asarray(ONE_FACTOR + (total * ONE_FACTOR // mean - ONE_FACTOR) * variation * 100 // SHAPE_VARIATION)


def counts(expected: Ints, drawn: Words) -> Ints:
    """Poisson counts of these expectations (2^16 to a ticket); `drawn` holds a row of three words for each.

    A Poisson count is the sum of independent ones, so each digit of the expectation has a table of its own. From 256
    tickets on a root's worth of nearly normal noise stands for it.
    """
    table, starts = _poisson()
    halves = drawn.astype("<u8", copy=False).view("<u4")
    found = np.zeros(len(expected), np.int64)
    for place in range(DIGITS):
        digits = (expected >> (DIGIT_BITS * place)) & ((1 << DIGIT_BITS) - 1)
        some = np.flatnonzero(digits)
        row = (place << DIGIT_BITS) + digits[some]
        key = (row << TAIL_BITS) + halves[some, place]
        found[some] += np.searchsorted(table, key, side="right") - starts[row]
    large = np.flatnonzero(expected >= EXACT_BELOW)
    mean = expected[large] >> UNIT_BITS
    lot = sum(quarter(drawn[large, 0], which) for which in range(4)) - NORMAL_MEAN
    # A root is rounded correctly by IEEE 754, so its whole part is the same everywhere.
    found[large] = mean + lot * np.sqrt(mean << 8).astype(np.int64) // (NORMAL_SPREAD << 4)
    return found


@cache
def _exponentials() -> Ints:
    """-ln of the middles of 2^8 equal parts of 0..1, in 2^-16."""
    exact, parts = Context(prec=20), 2 << EXPONENTIAL_BITS
    logs = [exact.ln(exact.divide(parts, odd)) for odd in range(1, parts, 2)]
    return np.array([int(exact.multiply(log, 1 << 16)) for log in logs], np.int64)


@cache
def _poisson() -> tuple[Ints, Ints]:
    """By place and digit: row x 2^32 + the cumulative chances in 2^-32, one after another; where each row starts."""
    table: list[int] = []
    starts: list[int] = []
    for row in range(DIGITS << DIGIT_BITS):
        place, digit = divmod(row, 1 << DIGIT_BITS)
        starts.append(len(table))
        table += [(row << TAIL_BITS) + chance for chance in _cumulative(digit << (DIGIT_BITS * place))]
    return np.array(table), np.array(starts)


def _cumulative(mean: int) -> list[int]:
    """Chances in 2^-32 of at most 0, 1, 2 ... when `mean` in 2^-16 are expected, up to certainty."""
    weights = [1 << 512]
    while weights[-1] << (TAIL_BITS + 8) > weights[0] or (len(weights) << UNIT_BITS) < mean:
        weights.append(weights[-1] * mean // (len(weights) << UNIT_BITS))
    total, below = sum(weights), 0
    chances = []
    for weight in weights:
        below += weight
        chances.append((below << TAIL_BITS) // total)
    return chances
