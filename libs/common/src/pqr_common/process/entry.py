"""How every program of ours ends: with the exit code of its error, and one sentence on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

import click

from pqr_common.errors import InvalidSettings, PqrError
from pqr_common.process import log
from pqr_common.process.settings import Settings

__all__ = ["configured", "ended"]

INTERRUPTED, INTERRUPTED_CODE = "The program was interrupted.", 130


def ended(command: click.Command, arguments: Sequence[str] | None = None, *, program: str) -> int:
    """Run a program and give its exit code: 0, an error's own, 2 for bad arguments, 130 when it was interrupted.

    An interruption may know better, as an error does: its text and its `exit_code` are taken.
    """
    given = None if arguments is None else list(arguments)
    try:
        return command.main(given, prog_name=program, standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stdout.write(f"{error.format_message()}\n")
        return InvalidSettings.exit_code
    except PqrError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except click.UsageError as error:
        sys.stderr.write(f"{' '.join(error.format_message().split())} See `{program} --help`.\n")
        return InvalidSettings.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        stopped = error.__cause__ or error
        with contextlib.suppress(OSError):  # the terminal may be gone
            sys.stderr.write(f"{str(stopped) or INTERRUPTED}\n")
        return int(getattr(stopped, "exit_code", INTERRUPTED_CODE))


def configured() -> Settings:
    """The settings of the environment, and logs as they say."""
    settings = Settings.read()
    log.configure(settings)
    return settings
