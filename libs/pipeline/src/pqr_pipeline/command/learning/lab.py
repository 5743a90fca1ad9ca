"""`pqr lab`: exercises in a folder of one's own, and what differs in one's work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pqr_common.errors import VerificationFailed
from pqr_pipeline.command.called import called
from pqr_pipeline.command.interruption import continued_by
from pqr_pipeline.command.options import app, command, settings_of
from pqr_pipeline.command.screen import Screen

__all__ = ["lab"]

FOLDER = click.Path(file_okay=False, path_type=Path)
within = click.option("--folder", type=FOLDER, help="The lab; default: the one around, or below, the working folder.")


class Listing(click.Group):
    """A group that lists when nothing else is asked of it."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        is_asked = args and (args[0] in context.help_option_names or not args[0].startswith("-"))
        return super().parse_args(context, args if is_asked else ["list", *args])


@app.group(cls=Listing)
def lab() -> None:
    """Exercises in data engineering, from reading to writing; `pqr lab init` makes a folder of them."""


@command(group=lab)
@click.argument("folder", type=FOLDER, required=False)
def init(*, screen: Screen, folder: Path | None) -> None:
    """Make a lab in FOLDER (default: lab): texts, files to mend, and a small inbox to work on."""
    from pqr_pipeline.lab.course import exercises
    from pqr_pipeline.lab.folder import Lab

    settings_of()
    with continued_by(f"lab init {folder or ''}".rstrip()), screen.progress() as progress:
        made = Lab.begun(folder, progress)
    screen.value({"folder": str(made.folder), "exercises": [each.name for each in exercises()]})
    screen.say(f"\n{len(exercises())} exercises lie in {made.folder}.\n\nNext:")
    screen.say(f"  read  {made.folder / exercises()[0].name / 'text.md'}")
    screen.say(f"  work  in the files beside it\n  then  {called()} lab check 1 --folder {made.folder}")


@command(group=lab)
@within
def list_command(*, screen: Screen, folder: Path | None) -> None:
    """What exercises there are, and which have passed as their files stand now."""
    from pqr_pipeline.lab.course import exercises
    from pqr_pipeline.lab.folder import Lab

    found = Lab.opened(folder)
    passed = found.passed
    rows: list[dict[str, Any]] = [
        {"number": each.number, "title": each.title, "folder": each.name, "is_passed": each.name in passed}
        for each in exercises()
    ]
    screen.value(rows)
    shown = [(row["number"], row["title"], row["folder"], "passed" if row["is_passed"] else "") for row in rows]
    screen.table(f"Exercises in {found.folder}", ["No.", "Exercise", "Folder", "State"], shown)
    screen.say(f"{len(passed)} of {len(rows)} have passed.")


@command(group=lab)
@click.argument("number", type=int, required=False)
@within
def check(*, screen: Screen, number: int | None, folder: Path | None) -> None:
    """Grade exercise NUMBER, or all of them: exit code 4 and what differs."""
    from pqr_pipeline.lab.course import exercise, exercises
    from pqr_pipeline.lab.folder import Lab

    settings_of()
    asked = exercises() if number is None else (exercise(number),)
    found = Lab.opened(folder)
    with screen.progress() as progress:
        found.made(progress)
    verdicts = []
    for each in asked:
        with screen.waiting(f"Checking {each.name}"):
            verdict = found.checked(each, is_silent=screen.is_json or screen.is_quiet)
        verdicts.append(verdict)
        if verdict.is_passed:
            screen.say(f"{each.name}: passed. {verdict.said}")
    screen.value([{"exercise": v.exercise.name, "is_passed": v.is_passed, "said": v.said} for v in verdicts])
    failed = [each for each in verdicts if not each.is_passed]
    if failed:
        raise VerificationFailed("\n".join(f"{each.exercise.name}: {each.said}" for each in failed))
