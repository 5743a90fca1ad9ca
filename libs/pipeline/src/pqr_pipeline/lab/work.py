"""A student's files as a check sees them: functions to call, queries to run, and each failure in one sentence."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from pqr_common.tables.sql import QueryFailed, query
from pqr_pipeline.lab.grading import Differs
from pqr_pipeline.lab.inbox import Inbox

__all__ = ["LIMIT_SECONDS", "Work", "loaded", "told"]

LIMIT_SECONDS = 5  # of computing, from the first call of a student's code to the end of its check
WAIT_SECONDS = 30  # the same by the clock on the wall: for what waits and computes nothing, on a busy machine too


@dataclass(frozen=True, slots=True)
class Work:
    """The folder of one exercise in a lab."""

    folder: Path
    inbox: Inbox
    is_limited: bool = False

    def function(self, name: str, file: str = "answer.py") -> Callable[..., Any]:
        """That function of the file; raises Differs when there is none."""
        self.begin()
        module = loaded(self.folder / file)
        if not callable(found := getattr(module, name, None)):
            raise Differs(f"{file} must define the function {name}, found none: write it, or call it so.")
        called: Callable[..., Any] = found
        return called

    def rows(self, file: str, parameters: Mapping[str, Any] | None = None, /, **relations: pa.Table) -> pa.Table:
        """What the query in the file gives of these relations."""
        self.begin()
        text = self.text(file)
        given = {name: value for name, value in (parameters or {}).items() if f"${name}" in text}
        try:
            return query(text, given, **relations)
        except AttributeError as error:  # what gives no rows is None to DuckDB
            raise Differs(f"{file} must be one query that gives rows, found one that gives none: write it.") from error
        except QueryFailed as error:
            said, _, where = str(error).partition("\n\nLINE ")
            line = f" at line {where.split(':')[0]}" if where else ""
            raise Differs(
                f"{file} must be one query that DuckDB runs, found {' '.join(said.split())}{line}: mend it."
            ) from error

    def text(self, file: str) -> str:
        try:
            return (self.folder / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Differs(f"{file} must be there to be read, found {error}: put it back.") from error

    def begin(self) -> None:
        """From the first call on two clocks run, and end the process: no code of a student can catch that."""
        if self.is_limited and signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0):
            signal.setitimer(signal.ITIMER_PROF, LIMIT_SECONDS)
            signal.setitimer(signal.ITIMER_REAL, WAIT_SECONDS)


def loaded(file: Path) -> ModuleType:
    """The file as a module of its own, which leaves nothing behind in its folder."""
    if not file.is_file():
        raise Differs(f"{file.name} must be there to be read, found none: put it back.")
    sys.dont_write_bytecode = True
    module = sys.modules[file.stem] = ModuleType(file.stem)
    module.__file__ = str(file)
    SourceFileLoader(file.stem, str(file)).exec_module(module)
    return module


def told(error: BaseException, folder: Path) -> str:
    """An error that a student's code raised, in one sentence with the line of their file."""
    said = " ".join(str(error).split())
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(folder):
        return f"{Path(error.filename).name} must be Python, found {error.msg} at line {error.lineno}: mend that line."
    places = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).is_relative_to(folder)]
    where = f" at line {places[-1].lineno} of {Path(places[-1].filename).name}" if places else ""
    kind = type(error).__name__
    if where:
        return f"The work must run to its end, found {kind}{where} ({said}): mend what that line does."
    return f"The work must give what its text asks for, found that its result makes a {kind} ({said}): compare them."
