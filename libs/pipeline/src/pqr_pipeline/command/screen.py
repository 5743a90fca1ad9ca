"""What a person sees in the terminal: progress on stderr, tables on stdout, in colour only where that is wanted."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pqr_common.stage import driver
from pqr_pipeline.command.layout import fitted
from pqrs.rounding import half_up

__all__ = ["Screen", "printable"]

# The first eight add up: what waited before and what came is what became of it and what waits now.
HEADLINES = (
    ("open_before", "Open when the window began"),
    ("received", "Tickets received"),
    ("answered", "Answered"),
    ("archived", "Archived as abandoned"),
    ("transferred", "Transferred"),
    ("lapsed", "Never answered, their thread over"),
    ("no_term", "Without a term: praise"),
    ("open", "Open"),
    ("overdue", "Open beyond their term"),
    ("due", "Due by the end of the window"),
    ("breached", "Breached"),
    ("breach_rate", "Breach rate (breached / due)"),
    ("breach_rate_closed_only", "Breach rate of closed tickets only"),
    ("mean_business_days", "Mean response, business days"),
    ("p50_business_days", "Median response, business days"),
    ("p90_business_days", "90th percentile, business days"),
    ("emails", "E-mails in these tickets"),
)
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
SHARES = ("breach_rate", "breach_rate_closed_only")
MEAN = "mean_business_days"


def printable(line: str) -> str:
    """The line with characters that would command a terminal, or are none of a page, as \\xNN; a tab stays."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)


class Screen:
    """One command's output: `is_json` for machines, `is_quiet` for neither tables nor progress."""

    def __init__(self, *, is_json: bool, is_quiet: bool) -> None:
        self.is_json = is_json
        self.is_quiet = is_quiet
        self._out = Console(highlight=False)
        self._err = Console(stderr=True, highlight=False, quiet=is_quiet or is_json)

    @property
    def width(self) -> int:
        return self._out.width

    def value(self, value: Any) -> None:
        """The whole result for a machine; printed only with --json."""
        if self.is_json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")

    def say(self, text: str) -> None:
        """Wrapped between words on a terminal, else as it is; what is indented is to be copied and stays whole."""
        if not (self.is_json or self.is_quiet):
            lines = [self._wrapped(line) for line in text.split("\n")]
            self._out.print(escape("\n".join(lines)), soft_wrap=True)

    def _wrapped(self, line: str) -> str:
        if line.startswith(" ") or not self._out.is_terminal:
            return line
        return fill(line, self.width, break_long_words=False, break_on_hyphens=False)

    def verbatim(self, lines: Iterable[str]) -> None:
        """Lines that others wrote parts of: as they are, but for characters that would command the terminal."""
        if not (self.is_json or self.is_quiet):
            for line in lines:
                sys.stdout.write(printable(line) + "\n")

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if self.is_json or self.is_quiet:
            return
        worded = [[_worded(cell) for cell in row] for row in rows]
        self._out.print(fitted(title, columns, worded, width=self.width))

    def records(self, title: str, items: Sequence[Mapping[str, Any]], names: Sequence[str] | None = None) -> None:
        """A table of records that share their keys, or of some of these."""
        if items:
            shown = names or list(items[0])
            self.table(title, [n.replace("_", " ") for n in shown], [[item[n] for n in shown] for item in items])

    def headline(self, run_id: str, figures: Mapping[str, Any]) -> None:
        """The KPI table of a run."""
        rows = [(label, _figure(name, figures[name])) for name, label in HEADLINES if name in figures]
        if rows:
            self.table(f"Run {run_id}", ["Figure", "Value"], rows)

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        with self._err.status(text) if self._err.is_terminal else contextlib.nullcontext():
            yield

    @contextlib.contextmanager
    def progress(self) -> Iterator[driver.Progress]:
        """One bar per phase while stages run; on a pipe, one line per finished phase."""
        if not self._err.is_terminal:
            yield self._line_per_phase
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._err) as bars:
            known: dict[str, Any] = {}

            def show(stage: str, phase: str, *, done: int, total: int) -> None:
                name = f"{stage:<9} {phase}"
                if name not in known:
                    known[name] = bars.add_task(name, total=total)
                bars.update(known[name], completed=done, total=total)

            yield show

    def _line_per_phase(self, stage: str, phase: str, *, done: int, total: int) -> None:
        if done == total:
            self._err.print(f"{stage:<9} {phase:<10} {total} of {total}")


def _figure(name: str, value: Any) -> str:
    if value is None:
        return "no data"
    if name == MEAN:
        return str(half_up(value, 1))
    return f"{100 * value:.2f} %" if name in SHARES else _worded(value)


def _worded(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
