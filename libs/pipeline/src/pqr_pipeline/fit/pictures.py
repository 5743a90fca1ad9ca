"""The pictures of the report: what each is called, in which section it stands, and how it is drawn. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from pqr_pipeline.fit.svg import bars, plot

__all__ = ["PICTURES", "drawn"]

WEEKDAYS = ("", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
POINTS = 200  # of a curve, at most about
Columns = Mapping[str, list[Any]]


def _daily(rows: Columns) -> str:
    received = [n for n, is_open in zip(rows["received"], rows["is_business_day"], strict=True) if is_open]
    expected = [n for n, is_open in zip(rows["expected"], rows["is_business_day"], strict=True) if is_open]
    series = {"received": list(enumerate(received, 1)), "mean of the weekday": list(enumerate(expected, 1))}
    return plot(
        "Requests, business day by business day", series, across="business day of the window", forms=(".0f", ",.0f")
    )


def _senders(rows: Columns) -> str:
    every = max(len(rows["people"]) // POINTS, 1)
    curve = list(zip(rows["people"], rows["mail"], strict=True))
    equal = [(0.0, 0.0), (1.0, 1.0)]
    series = {"this run": [(0.0, 0.0), *curve[::every], (1.0, 1.0)], "each as often": equal}
    return plot(
        "Mail of the busiest senders", series, across="share of senders, the busiest first", forms=(".0%", ".0%")
    )


def _load(weeks: Columns, loads: Columns) -> str:
    series = {"a desk's week": _points(weeks), "weeks of like load": _points(loads)}
    across = "load: weeks of work that wait on Monday"
    return plot("Late, by the load of the desk", series, across=across, forms=(".0f", ".0%"), is_dotted=True)


def _points(rows: Columns) -> list[tuple[float, float]]:
    return [(a, b) for a, b in zip(rows["load"], rows["late"], strict=True) if a is not None and b is not None]


def _types(title: str, form: str, **series: str) -> Callable[[Columns], str]:
    return lambda rows: bars(
        title, rows["pqrs_type"], {words.replace("_", " "): rows[name] for words, name in series.items()}, form=form
    )


def _by(title: str, name: str, value: str, *, form: str, across: str = "") -> Callable[[Columns], str]:
    return lambda rows: bars(title, [str(each) for each in rows[name]], {value: rows[value]}, form=form, across=across)


def _weekdays(rows: Columns) -> str:
    names = [WEEKDAYS[number] for number in rows["weekday"]]
    return bars("Requests a business day, by weekday", names, {"": rows["received"]}, form=",.0f")


_MONTHS = _by("Requests a business day, by month", "month", "a_business_day", form=",.0f")
_HOURS = _by("Requests by hour", "hour", "share", form=".0%", across="hour of the day")
_DISPERSION = _by("Index of dispersion of daily counts (chance alone: 1)", "kind", "dispersion", form=",.0f")
_ANSWERS = _types("Business days until the answer", ",.0f", median="p50", nine_in_ten="p90")
_DESKS = _by("Late, by desk", "desk", "share", form=".0%")
_LENGTHS = _by("Requests by length", "from_chars", "share", form=".0%", across="characters of the body, at least")
# By file name: the section of the page, what draws it, the series that it shows.
PICTURES: dict[str, tuple[str, Callable[..., str], tuple[str, ...]]] = {
    "months": ("Volumes", _MONTHS, ("months",)),
    "weekdays": ("Volumes", _weekdays, ("weekdays",)),
    "hours": ("Volumes", _HOURS, ("hours",)),
    "daily": ("Volumes", _daily, ("daily",)),
    "dispersion": ("Volumes", _DISPERSION, ("variation",)),
    "types": ("Types and answers", _types("Requests by type", ".0%", share="share"), ("by_type",)),
    "answers": ("Types and answers", _ANSWERS, ("by_type",)),
    "late": ("Types and answers", _types("Late, of what fell due", ".0%", late="late"), ("by_type",)),
    "desks": ("Causes", _DESKS, ("desks",)),
    "load": ("Causes", _load, ("weeks", "loads")),
    "senders": ("People", _senders, ("senders",)),
    "lengths": ("Mail", _LENGTHS, ("lengths_by_step",)),
}


def drawn(series: Mapping[str, pa.Table]) -> dict[str, str]:
    """The SVG of every picture by its file name."""
    return {name: draw(*(series[each].to_pydict() for each in of)) for name, (_, draw, of) in PICTURES.items()}
