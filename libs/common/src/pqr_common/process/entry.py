"""How every program of ours ends: with the exit code of its error, and one sentence on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from itertools import takewhile

import click

from pqr_common.errors import InvalidSettings, PqrError
from pqr_common.process import log
from pqr_common.process.settings import Settings

__all__ = ["configured", "ended"]

INTERRUPTED, INTERRUPTED_CODE = "The program was interrupted.", 130


def ended(command: click.Command, arguments: Sequence[str] | None = None, *, program: str) -> int:
    """Run a program and give its exit code: 0, an error's own, 2 for bad arguments, 130 when it was interrupted.

    An interruption may know better, as an error does: its text and its `exit_code` are taken. With --json among the
    arguments an error is said as one JSON object.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return command.main(given, prog_name=program, standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stdout.write(f"{error.format_message()}\n")
        return InvalidSettings.exit_code
    except PqrError as error:
        code, said = error.exit_code, str(error)
    except click.UsageError as error:
        helped = error.ctx.command_path if error.ctx else program
        code = InvalidSettings.exit_code
        wrong = " ".join(error.format_message().split()).replace(". Did you mean", ", did you mean").rstrip(".?")
        said = f"{wrong}: see `{helped} --help`."
    except (KeyboardInterrupt, click.Abort) as error:
        stopped = error.__cause__ or error
        code, said = int(getattr(stopped, "exit_code", INTERRUPTED_CODE)), str(stopped) or INTERRUPTED
    is_json = "--json" in takewhile(lambda word: word != "--", given)  # of what comes after `--` it is another's word
    with contextlib.suppress(OSError):  # the terminal may be gone
        sys.stderr.write(f"{_as_json(said, code) if is_json else said}\n")
    return code


def _as_json(said: str, code: int) -> str:
    """The sentence; its part after the last colon is what to do, which a list of findings does not have."""
    _, colon, mend = said.rpartition(": ")
    told = {"error": said, "exit_code": code, "mend": mend if colon and "\n" not in said else None}
    return json.dumps(told, ensure_ascii=False)


def configured() -> Settings:
    """The settings of the environment, and logs as they say."""
    settings = Settings.read()
    log.configure(settings)
    return settings
