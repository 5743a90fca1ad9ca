"""Numbers, durations and dates as Colombians read them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from pqrs import rounding

__all__ = [
    "MONTHS", "NOTHING", "THIN", "WEEKDAYS", "count", "day", "decimal", "duration", "is_missing", "mean", "moment",
    "month", "percent", "several", "share", "size", "window",
]  # fmt: skip

NOTHING = "–"  # where there is nothing to divide by, or nothing was measured
THIN = "\u00a0"  # keeps a number and its unit on one line
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
KILO = 1000


def is_missing(value: Any) -> bool:
    return value is None or str(value) in ("nan", "NaT", "<NA>")


def count(value: Any) -> str:
    """12345 -> 12.345"""
    return NOTHING if is_missing(value) else decimal(value, places=0)


def several(number: int, what: str) -> str:
    """1, fila -> 1 fila; 2, fila -> 2 filas"""
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def decimal(value: Any, places: int = 1) -> str:
    """1234.5 -> 1.234,5"""
    if is_missing(value):
        return NOTHING
    return f"{rounding.half_up(value, places):,f}".translate(str.maketrans(",.", ".,"))


def percent(value: Any, places: int = 1) -> str:
    """0.095 -> 9,5 %"""
    return NOTHING if is_missing(value) else f"{decimal(100 * Decimal(str(value)), places)}{THIN}%"


def share(part: Any, whole: Any) -> float | None:
    """Counts divided as gold divides them, or nothing where there is nothing to divide by."""
    return _divided(part, whole, rounding.share)


def mean(total: Any, items: Any) -> float | None:
    """The same of a total and the items it is of."""
    return _divided(total, items, rounding.mean)


def duration(seconds: Any) -> str:
    """75.2 -> 1 min 15 s"""
    if is_missing(seconds):
        return NOTHING
    whole = float(seconds)
    if whole < 60:  # noqa: PLR2004  a minute
        return f"{decimal(whole)}{THIN}s"
    return f"{int(whole // 60)}{THIN}min {int(whole % 60)}{THIN}s"


def size(value: Any) -> str:
    """83305795 -> 83,3 MB"""
    if is_missing(value):
        return NOTHING
    amount, units = float(value), ["B", "kB", "MB", "GB", "TB"]
    while amount >= KILO and len(units) > 1:
        amount, units = amount / KILO, units[1:]
    return f"{decimal(amount, 0 if units[0] == 'B' else 1)}{THIN}{units[0]}"


def day(value: Any) -> str:
    """2026-01-05 -> 5 ene 2026"""
    return NOTHING if is_missing(value) else f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def moment(value: Any, clock: str = "%H:%M") -> str:
    """An instant in Bogotá: 5 ene 2026, 08:12"""
    return NOTHING if is_missing(value) else f"{day(value)}, {value:{clock}}"


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


def _divided(part: Any, whole: Any, by: Callable[[Any, Any], float]) -> float | None:
    return None if is_missing(part) or is_missing(whole) or not whole else by(part, whole)
