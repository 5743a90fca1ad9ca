"""The figures: what every column of every mart says, and which tickets it counts. See definitions.py."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from pqrs.figures.definitions import Definition, definitions

__all__ = ["Definition", "definitions", "of_mart"]

BY_COLUMN = {"kpi_territory": "department", "kpi_topic": "topic"}  # the same figures by a column of tickets


@cache
def of_mart(mart: str) -> Mapping[str, Definition]:
    """The definitions of a mart by column; none of a mart that is not of this package."""
    column = BY_COLUMN.get(mart)
    text = resources.files(__name__).joinpath(f"{'by_column' if column else mart}.toml")
    if not text.is_file():
        return {}
    told = text.read_text(encoding="utf-8")
    return definitions(told.format(column=column) if column else told)
