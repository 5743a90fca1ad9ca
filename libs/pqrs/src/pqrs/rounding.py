"""How figures are rounded for whoever reads them: half up, from the decimals that gold keeps. Pure.

Gold gives shares four decimals and means two; whoever divides counts anew rounds like that first, so that one figure
reads the same wherever it is shown.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

__all__ = ["half_up", "mean", "share"]

SHARE_PLACES, MEAN_PLACES = 4, 2


def half_up(value: Any, places: int) -> Decimal:
    """A number as it is written, rounded: 8.25 -> 8.3, where a float's own rounding says 8.2."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def share(part: Any, whole: Any) -> float:
    """Counts divided, as gold's macro `share` does."""
    return float(half_up(Decimal(str(part)) / Decimal(str(whole)), SHARE_PLACES))


def mean(total: Any, items: Any) -> float:
    """A total over its items, as gold's macro `mean` does."""
    return float(half_up(Decimal(str(total)) / Decimal(str(items)), MEAN_PLACES))
