"""Values that a person wrote in a file: each knows where it stands, so that a complaint can say it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pqr_common.errors import InvalidSettings

__all__ = ["Given", "as_clock", "check_keys"]


@dataclass(frozen=True, slots=True)
class Given:
    """A value under its key in a place, and the kinds of value it may have to be; each raises InvalidSettings."""

    value: Any
    where: str
    key: str

    def bad(self, wanted: str, found: Any = None) -> InvalidSettings:
        """The complaint; `found` where the value itself does not tell."""
        told = self.value if found is None else found
        return InvalidSettings(f"{self.where}: {self.key} must be {wanted}, found {told!r}: correct it.")

    def item(self, name: str, value: Any) -> Given:
        """A value inside this one."""
        return Given(value, self.where, f"{self.key}.{name}")

    def table(self, wanted: str) -> Mapping[str, Any]:
        if not isinstance(self.value, Mapping):
            raise self.bad(wanted)
        return self.value

    def integer(self, low: int, high: int) -> int:
        """Both bounds are allowed."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not low <= self.value <= high:
            raise self.bad(f"an integer in {low}..{high}")
        return self.value

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.bad("a name")
        return self.value

    def code(self, codes: Sequence[str]) -> str | None:
        """One of the codes, or nothing."""
        if self.value is None or (isinstance(self.value, str) and self.value in codes):
            return self.value
        raise self.bad(f"one of {', '.join(codes)}")

    def clock(self, low: int, high: int) -> int:
        """Minutes after midnight of a time of day, `HH:MM`; both bounds are allowed, and 24:00 ends the day."""
        found = re.fullmatch(r"(\d\d):([0-5]\d)", self.value) if isinstance(self.value, str) else None
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if not low <= minutes <= high:
            raise self.bad(f"a time of day as HH:MM from {as_clock(low)} to {as_clock(high)}")
        return minutes

    def day(self) -> date:
        if type(self.value) is date:
            return self.value
        try:
            return date.fromisoformat(self.value)
        except (TypeError, ValueError) as error:
            raise self.bad("a day as YYYY-MM-DD") from error


def as_clock(minutes: int) -> str:
    """`HH:MM`, so many minutes after midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def check_keys(
    value: Mapping[str, Any], where: str, *, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> None:
    """Raise InvalidSettings for a key nobody knows, and for one that is not there."""
    for key in value:
        if key not in required and key not in optional:
            raise InvalidSettings(f"{where} has the unknown key {key!r}: remove it, or spell it as in alcaldia.toml.")
    for key in required:
        if key not in value:
            raise InvalidSettings(f"{where} must hold the key {key!r}, found none: add it, see alcaldia.toml.")
