"""Numbers and dates as Colombians read them, and changes between months. Pure.

Nothing here defines a figure: gold does. Views select, sum counts and divide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

__all__ = [
    "NOTHING", "Change", "count", "day", "days", "decimal", "month", "percent", "points", "relative", "share", "window",
]  # fmt: skip

NOTHING = "–"  # where there is nothing to divide by, or nothing was measured
THIN = "\u00a0"  # keeps a number and its unit on one line
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved: `text` says by how much, `direction` is -1, 0 or 1."""

    text: str
    direction: int


def is_missing(value: Any) -> bool:
    return value is None or str(value) in ("nan", "NaT", "<NA>")


def count(value: Any) -> str:
    """12345 -> 12.345"""
    return NOTHING if is_missing(value) else decimal(value, places=0)


def decimal(value: Any, places: int = 1) -> str:
    """1234.5 -> 1.234,5"""
    if is_missing(value):
        return NOTHING
    return f"{float(value):,.{places}f}".translate(str.maketrans(",.", ".,"))


def percent(value: Any, places: int = 1) -> str:
    """0.095 -> 9,5 %"""
    return NOTHING if is_missing(value) else f"{decimal(100 * float(value), places)}{THIN}%"


def days(value: Any) -> str:
    """11.25 -> 11,3 días"""
    return NOTHING if is_missing(value) else f"{decimal(value)}{THIN}días"


def share(part: Any, whole: Any) -> float | None:
    """Counts divided, or nothing where there is nothing to divide by."""
    return None if is_missing(part) or is_missing(whole) or not whole else float(part) / float(whole)


def day(value: Any) -> str:
    """2026-01-05 -> 5 ene 2026"""
    return NOTHING if is_missing(value) else f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def month(value: Any, *, is_short: bool = False) -> str:
    """2026-01-01 -> enero de 2026, or ene 2026"""
    if is_missing(value):
        return NOTHING
    name = MONTHS[value.month - 1]
    return f"{name[:3]} {value.year}" if is_short else f"{name} de {value.year}"


def window(first: date, last: date) -> str:
    """The days of a run: 1 ene – 31 mar 2026"""
    start = day(first) if first.year != last.year else f"{first.day} {MONTHS[first.month - 1][:3]}"
    return f"{start} – {day(last)}"


def relative(now: Any, before: Any) -> Change | None:
    """By how much of itself a count moved: +12,3 %."""
    if is_missing(now) or is_missing(before) or not before:
        return None
    moved = float(now) / float(before) - 1
    return Change(f"{_signed(100 * moved)}{THIN}%", _direction(moved, 0.0005))


def points(now: Any, before: Any) -> Change | None:
    """By how many percentage points a share moved: -0,8 pp."""
    if is_missing(now) or is_missing(before):
        return None
    moved = 100 * (float(now) - float(before))
    return Change(f"{_signed(moved)}{THIN}pp", _direction(moved, 0.05))


def difference(now: Any, before: Any, unit: str) -> Change | None:
    """By how much a measure moved, in its unit: +1,2 días."""
    if is_missing(now) or is_missing(before):
        return None
    moved = float(now) - float(before)
    return Change(f"{_signed(moved)}{THIN}{unit}", _direction(moved, 0.05))


def _signed(value: float) -> str:
    text = decimal(abs(value))
    if not text.strip("0,."):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _direction(moved: float, least: float) -> int:
    return 0 if abs(moved) < least else int(math.copysign(1, moved))
