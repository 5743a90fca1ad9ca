"""Colours for values, and the ink that can be read on each. Pure.

Computed here rather than in the browser, so that every tile with letters in it is known to have enough contrast.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

__all__ = ["contrast", "ink_on", "shade"]

Stop = tuple[float, str]  # a value, and its colour as #RRGGBB
DARK, LIGHT = "#000000", "#FFFFFF"


def shade(value: float, stops: Sequence[Stop]) -> str:
    """The colour of a value between stops in rising order; beyond them that of the nearest."""
    places = [place for place, _ in stops]
    after = bisect_right(places, value)
    if after in (0, len(stops)):
        return stops[min(after, len(stops) - 1)][1]
    (low, start), (high, end) = stops[after - 1], stops[after]
    part = (value - low) / (high - low)
    mixed = [round(a + part * (b - a)) for a, b in zip(_rgb(start), _rgb(end), strict=True)]
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def ink_on(fill: str) -> str:
    """Black or white letters, whichever reads better."""
    return max((DARK, LIGHT), key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _rgb(colour))]  # noqa: PLR2004  WCAG's
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
