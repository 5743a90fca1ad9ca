"""What exercises there are: a folder of texts and starting points for each, and the check of the same name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from typing import Any

from pqr_common.errors import InvalidSettings

__all__ = ["TEXT", "Exercise", "exercise", "exercises"]

TEXT = "text.md"  # its first line is the title
START = ".start"  # ends the name of a starting point, which is no code of ours


@dataclass(frozen=True, slots=True)
class Exercise:
    """`name` is its folder's: two digits and a word."""

    name: str

    @property
    def number(self) -> int:
        return int(self.name[:2])

    @property
    def title(self) -> str:
        return self.text.splitlines()[0].removeprefix("# ")

    @property
    def text(self) -> str:
        return self._folder.joinpath(TEXT).read_text(encoding="utf-8")

    @property
    def starts(self) -> dict[str, str]:
        """The files that a student works on, as they begin."""
        found = sorted(self._folder.iterdir(), key=lambda each: each.name)
        return {
            each.name.removesuffix(START): each.read_text(encoding="utf-8")
            for each in found
            if each.name.endswith(START)
        }

    @property
    def check(self) -> Callable[[Any], str]:
        """Grades the work that it is given."""
        module = import_module(f"pqr_pipeline.lab.checks.{self.name[3:]}")
        graded: Callable[[Any], str] = module.check
        return graded

    @property
    def _folder(self) -> Traversable:
        return _room().joinpath(self.name)


@cache
def exercises() -> tuple[Exercise, ...]:
    """All of them, from reading to writing."""
    return tuple(Exercise(name) for name in sorted(each.name for each in _room().iterdir() if each.is_dir()))


def exercise(number: int) -> Exercise:
    """Raises InvalidSettings for a number that none has."""
    for each in exercises():
        if each.number == number:
            return each
    raise InvalidSettings(f"An exercise must be one of 1 to {len(exercises())}, found {number}: see `pqr lab list`.")


def _room() -> Traversable:
    return resources.files("pqr_pipeline.lab").joinpath("exercises")
