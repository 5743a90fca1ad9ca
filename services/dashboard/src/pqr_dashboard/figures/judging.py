"""What a rate says beside its target: too few to tell, kept, or broken, and whether by more than chance. Pure.

A rate is above its target beyond chance if the whole interval of Wilson (95 %) around it is: of a hundred entities that
break exactly as many terms as they may, between two and three would be called so. Below `FEW` cases nothing is said.
"""

from __future__ import annotations

import math
from typing import Any

from pqr_dashboard.figures import wording
from pqrs.parameters import BREACH_RATE_MAX

__all__ = [
    "ABOVE", "FEW", "HOW", "KINDS", "LOW", "NO_CASE", "TOO_FEW", "WITHIN", "WORSE", "counts_differ", "is_few", "judged",
    "shares_differ",
]  # fmt: skip

FEW = 20
THRESHOLD = float(BREACH_RATE_MAX)
Z = 1.96  # of a normal distribution, 95 % lie within so many deviations of the mean
_LIMIT = wording.percent(THRESHOLD, 0)
LOW, WITHIN = f"Hasta {wording.percent(THRESHOLD / 2, 0)}", f"Hasta el umbral, {_LIMIT}"
ABOVE, WORSE = "Por encima, quizá por azar", "Por encima, más que por azar"
NO_CASE = "Ninguna"
TOO_FEW = f"Menos de {FEW} casos"
KINDS = (LOW, WITHIN, ABOVE, WORSE, TOO_FEW)
HOW = (
    f"En rojo solo lo que supera el umbral de {_LIMIT} más de lo que explica el azar (todo el intervalo de Wilson del "
    f"95{wording.THIN}% queda por encima); en ámbar, lo que lo supera y podría ser azar; en gris, menos de {FEW} casos."
)


def is_few(cases: Any) -> bool:
    """Whether a rate or mean of so many says little."""
    return wording.is_missing(cases) or float(cases) < FEW


def judged(breached: Any, due: Any) -> str:
    """One of KINDS."""
    if is_few(due):
        return TOO_FEW
    rate = float(breached) / float(due)
    if rate > THRESHOLD:
        return WORSE if _lowest(rate, float(due)) > THRESHOLD else ABOVE
    return WITHIN if rate > THRESHOLD / 2 else LOW


def counts_differ(one: Any, other: Any) -> bool:
    """Whether two counts differ by more than chance, each varying by the root of itself."""
    return abs(float(one) - float(other)) > Z * math.sqrt(float(one) + float(other))


def shares_differ(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Whether two shares, each a part and its whole, differ by more than chance."""
    (part, whole), (other_part, other_whole) = one, other
    if is_few(whole) or is_few(other_whole):
        return False
    pooled = (float(part) + float(other_part)) / (float(whole) + float(other_whole))
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / float(whole) + 1 / float(other_whole)))
    return abs(float(part) / float(whole) - float(other_part) / float(other_whole)) > Z * deviation


def _lowest(rate: float, cases: float) -> float:
    """The lower end of Wilson's interval."""
    spread = Z * math.sqrt(rate * (1 - rate) / cases + Z * Z / (4 * cases * cases))
    return (rate + Z * Z / (2 * cases) - spread) / (1 + Z * Z / cases)
