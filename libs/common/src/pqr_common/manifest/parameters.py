"""What the engine knows of a run's parameters: nothing but this. Pure, and light: the domain imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

__all__ = ["RunParameters"]


class RunParameters(Protocol):
    """What a run is asked for. The domain defines it; the engine carries it, compares it and writes it down."""

    @property
    def digest(self) -> str:
        """The same for the same request, whoever makes it."""

    def to_json(self) -> dict[str, Any]:
        """Values of JSON, without floats."""

    def continues(self, other: Self) -> bool:
        """Whether a run of these parameters is one of the others that goes on: the same request, and more of it."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; raises InvalidSettings."""
