"""What is installed beside the engine: packages announce what they bring as entry points; no library imports them."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pqr_common.errors import InvalidSettings

__all__ = ["announced", "the_only"]


def announced(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name."""
    return {entry.name: entry for entry in entry_points(group=group)}


@cache
def the_only(group: str) -> Any:
    """What the one entry point of a group names; raises InvalidSettings when there is none or more than one."""
    found = announced(group)
    if len(found) != 1:
        raise InvalidSettings(
            f"Exactly one package must announce {group}, found {', '.join(found) or 'none'} here: run `make setup`."
        )
    return next(iter(found.values())).load()
