"""Quotas: whole numbers whose sums are a rate of their cells, to within one, along one axis or along two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pqr_generator.draws import Ints

__all__ = ["diffused", "rounded", "wheel"]

Cell = tuple[int, int]


def diffused(cells: Ints, rates: Ints, out_of: int) -> Ints:
    """Cells (any order, then columns) times rates: whole numbers whose sums down each column follow the product."""
    total = np.cumsum(cells * rates, axis=0) // out_of
    return np.diff(total, axis=0, prepend=0)


def rounded(table: Sequence[Sequence[int]], numerator: int, denominator: int) -> list[list[int]]:
    """Each cell, each row's sum and each column's sum times a rate, rounded down or up: a controlled rounding.

    After Cox (1987): fractions are moved around cycles, so that no sum changes, until none is left. Slack in one more
    row and column makes the sums whole to begin with. Everything is counted in parts of `denominator`.
    """
    parts = [[cell * numerator for cell in row] for row in table]
    for row in parts:
        row.append(-sum(row) % denominator)
    parts.append([-sum(column) % denominator for column in zip(*parts, strict=True)])
    while cycle := _cycle(parts, denominator):
        up, down = cycle[::2], cycle[1::2]
        step = min(
            *(denominator - parts[r][c] % denominator for r, c in up),
            *(parts[r][c] % denominator for r, c in down),
        )
        for sign, cells in ((1, up), (-1, down)):
            for r, c in cells:
                parts[r][c] += sign * step
    return [[cell // denominator for cell in row[:-1]] for row in parts[:-1]]


def _cycle(parts: list[list[int]], denominator: int) -> list[Cell]:
    """Cells with a fraction, each in the row and in the column of the next by turns; none if all are whole.

    Rows and columns are places, cells with a fraction the ways between them. No place has one way only, since its sum
    is whole: so a walk that never turns back comes to a place where it has been.
    """
    broken = [(r, c) for r, row in enumerate(parts) for c, cell in enumerate(row) if cell % denominator]
    if not broken:
        return []
    walk: list[Cell] = []
    axis, place = 0, broken[0][0]
    seen = {(axis, place): 0}
    while True:
        walk.append(next(cell for cell in broken if cell[axis] == place and cell not in walk[-1:]))
        axis, place = 1 - axis, walk[-1][1 - axis]
        if (axis, place) in seen:
            return walk[seen[axis, place] :]
        seen[axis, place] = len(walk)


def wheel(weights: tuple[int, ...]) -> Ints:
    """Each code as often as its weight, as evenly spread as integers allow."""
    codes = np.repeat(np.arange(len(weights)), weights)
    weight = np.array(weights)[codes]
    nth = np.arange(len(codes)) - np.repeat(np.cumsum(weights) - weights, weights)
    position = (2 * nth + 1) * (1 << 40) // (2 * weight)
    return np.asarray(codes[np.lexsort((codes, position))], dtype=np.int64)
