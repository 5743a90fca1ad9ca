"""The tickets that a figure counts: as an address says which, and as Postgres is asked for them. Pure.

A figure is a column of a mart with the names of its row, some of which may be left out or have several values: then it
is the sum of those cells. Its definition (`pqrs.figures`) is the one by which gold's recount finds the same tickets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from pqr_dashboard.figures import wording
from pqr_dashboard.figures.pqrs_types import TOPIC_NAMES
from pqrs import figures
from pqrs.figures import Definition

__all__ = ["BUT", "FIGURE", "GIVEN", "Counted", "named", "opens", "span"]

FIGURE, BUT = "cifra", "menos"  # in an address: the figure, and another column whose tickets are not among them
SPAN = ".."  # from a day to a day
DAYS_MAX = 3_700
OWN = re.compile(r"\b(\w+) = \$\1\b")  # a name that is a column of tickets: left out, any value will do
EQUAL, GIVEN = re.compile(r"(?<![<>])= \$(\w+)"), re.compile(r"\$(\w+)")
MAY_LACK = frozenset({"days_to", "opens_on"})  # the oldest age band has no end


def _flag(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(f"A flag must be True or False, found {text!r}.")
    return text == "True"


READ: Mapping[str, Callable[[str], Any]] = {
    "day": date.fromisoformat, "month": date.fromisoformat, "weekday": int, "hour": int, "business_days": int,
    "days_from": int, "days_to": int, "is_overdue": _flag,
}  # fmt: skip


WORDED: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "pqrs_type": ("Tipo", str), "topic": ("Tema", lambda code: TOPIC_NAMES.get(code, code)),
    "department": ("Departamento", str), "day": ("Día", wording.day), "month": ("Mes", wording.month),
    "weekday": ("Día de la semana", lambda day: wording.WEEKDAYS[int(day) - 1]), "hour": ("Hora", wording.count),
    "business_days": ("Días hábiles", wording.count), "days_from": ("Días hábiles desde", wording.count),
    "days_to": ("hasta", wording.count), "is_overdue": ("Vencida", lambda flag: "sí" if flag else "no"),
    "age_band": ("Antigüedad", str), "age_band_order": ("Banda", wording.count),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """`names` are the values of each name of a row; `but` is a column whose tickets are taken away."""

    mart: str
    column: str
    names: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    but: str = ""

    @property
    def definition(self) -> Definition:
        return figures.of_mart(self.mart)[self.column]

    @classmethod
    def of(cls, address: Mapping[str, Sequence[str]]) -> Counted | None:
        """That of an address, or nothing where it names none; raises ValueError where nobody knows such a figure."""
        figure = address.get(FIGURE)
        if not figure:
            return None
        mart, _, column = figure[0].partition(".")
        known = figures.of_mart(mart) if mart.isidentifier() else {}
        but = "".join(address.get(BUT, ()))
        if not _counts(known.get(column)) or (but and not _counts(known.get(but))):
            raise ValueError(f"A figure must be a column of a mart that counts tickets, found {figure[0]!r}.")
        given = {name: tuple(each for text in address[name] for each in _read(name, text))
                 for name, told in known.items() if told.is_name and name in address}  # fmt: skip
        found = cls(mart, column, given, but)
        lacking = set(GIVEN.findall(OWN.sub("", found._condition))) - {*given, *MAY_LACK, "window_from", "window_to"}
        if lacking:
            raise ValueError(f"A link to {mart}.{column} must say which {min(lacking)}, found none in it.")
        return found

    @property
    def condition(self) -> str:
        """What holds of these tickets, of `standing` (sql/standing.sql), with the parameters of `parameters`."""
        text = OWN.sub(lambda own: own[0] if own[1] in self.names else f"{own[1]} = {own[1]}", self._condition)
        text = EQUAL.sub(r"= any($\1)", text.replace("%", "%%"))
        return GIVEN.sub(lambda name: f"%(of_{name[1]})s", text)

    def parameters(self, window: tuple[date, date]) -> dict[str, Any]:
        """For `condition`: a list where any of its values will do, else the one there is."""
        given: dict[str, Any] = {"window_from": window[0], "window_to": window[1]}
        listed = set(EQUAL.findall(self._condition))
        for name in set(GIVEN.findall(self._condition)) - set(given):
            values = self.names.get(name, ())
            given[name] = list(values) if name in listed else next(iter(values), None)
        return {f"of_{name}": value for name, value in given.items()}

    def said(self, types: Mapping[str, str]) -> list[str]:
        """What it counts, in Spanish: its sentence, the names of its row, and what is taken away."""
        taken = [f"Sin: {figures.of_mart(self.mart)[self.but].dice}"] if self.but else []
        return [self.definition.dice, *named(self.names, types), *taken]

    @property
    def _condition(self) -> str:
        text = self.definition.condition
        return f"({text}) and not ({figures.of_mart(self.mart)[self.but].condition})" if self.but else text


def opens(figure: str, rows: pd.DataFrame, columns: Mapping[str, str], *, but: str = "", **fixed: Any) -> list[str]:
    """The address of the tickets of each row: of its names some stand in columns of the rows, others are the same.

    None, or a gap, leaves a name out. A text stands as it is: a span of days, say.
    """
    alike = {FIGURE: figure} | ({BUT: but} if but else {}) | _told(fixed)
    values = zip(*(rows[column] for column in columns.values()), strict=True) if columns else [()] * len(rows)
    return [urlencode(alike | _told(dict(zip(columns, row, strict=True)))) for row in values]


def named(names: Mapping[str, tuple[Any, ...]], types: Mapping[str, str] | None = None) -> list[str]:
    """The names of a row in Spanish, one by one; of several values the first and the last."""
    found = []
    for name, values in names.items():
        label, worded = WORDED.get(name, (name, str))
        ends = [(types or {}).get(text := worded(value), text) for value in (values[0], values[-1])]
        found.append(f"{label}: {ends[0] if ends[0] == ends[1] else ' a '.join(ends)}")
    return found


def span(first: date, last: date) -> str:
    """Days from one to another as an address says them."""
    return f"{first:%Y-%m-%d}{SPAN}{last:%Y-%m-%d}"


def _told(names: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in names.items() if not wording.is_missing(value)}


def _text(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return str(int(value)) if isinstance(value, float) else str(value)


def _counts(told: Definition | None) -> bool:
    return told is not None and not told.is_name


def _read(name: str, text: str) -> list[Any]:
    """The values that an address gives a name; of days also a span."""
    first, _, last = text.partition(SPAN)
    if not last:
        return [READ.get(name, str)(text)]
    start, days = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return [start + timedelta(days=number) for number in range(min(days, DAYS_MAX))]
