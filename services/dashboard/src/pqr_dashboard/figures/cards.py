"""A headline figure, and how it moved between two months or two cases. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pqr_dashboard.figures import wording

__all__ = ["Card", "Change", "difference", "points", "relative"]


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved: `text` says by how much, `direction` is -1, 0 or 1; `is_sure`: by more than chance."""

    text: str
    direction: int
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure. `better` is the direction that is good news: 1 up, -1 down, 0 neither.

    `open` is the address of what it counts.
    """

    label: str
    value: str
    change: Change | None = None
    note: str = ""
    better: int = 0
    open: str = ""


def relative(now: Any, before: Any) -> Change | None:
    """By how much of itself a count moved: +12,3 %."""
    if wording.is_missing(now) or wording.is_missing(before) or not before:
        return None
    moved = float(now) / float(before) - 1
    return Change(f"{_signed(100 * moved)}{wording.THIN}%", _direction(moved, 0.0005))


def points(now: Any, before: Any) -> Change | None:
    """By how many percentage points a share moved: -0,8 pp."""
    return difference(now, before, "pp", times=100)


def difference(now: Any, before: Any, unit: str, *, times: int = 1) -> Change | None:
    """By how much a measure moved, in its unit: +1,2 días."""
    if wording.is_missing(now) or wording.is_missing(before):
        return None
    moved = times * (float(now) - float(before))
    return Change(f"{_signed(moved)}{wording.THIN}{unit}", _direction(moved, 0.05))


def _signed(value: float) -> str:
    text = wording.decimal(abs(value))
    if not text.strip("0,."):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _direction(moved: float, least: float) -> int:
    return 0 if abs(moved) < least else int(math.copysign(1, moved))
