"""A student's folder: how it begins, where it is, and which of its exercises have passed as they stand."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pqr_common.canonical import canonical_json, sha256_hex
from pqr_common.errors import InvalidSettings, Transient, VerificationFailed
from pqr_common.stage.driver import Progress
from pqr_pipeline.command.called import called
from pqr_pipeline.lab.course import TEXT, Exercise, exercises
from pqr_pipeline.lab.inbox import HOME, LAST, Inbox, make
from pqr_pipeline.lab.work import LIMIT_SECONDS

__all__ = ["Lab", "Verdict"]

DEFAULT = Path("lab")
PASSED = "passed.json"
PATIENCE_SECONDS = 90  # for a check with all that it starts; the student's part of it has LIMIT_SECONDS


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one check: `said` is what was right, or the first thing that differs."""

    exercise: Exercise
    is_passed: bool
    said: str


@dataclass(frozen=True, slots=True)
class Lab:
    folder: Path

    @classmethod
    def begun(cls, folder: Path | None, progress: Progress) -> Lab:
        """In a folder that holds nothing yet; the exercises are put last, so an interrupted beginning is no lab."""
        lab = cls((folder or DEFAULT).absolute())
        held = [each.name for each in lab.folder.iterdir() if each.name != HOME] if lab.folder.is_dir() else []
        if held or lab.folder.is_file():
            found = ", ".join(sorted(held)[:3]) or "a file"
            raise InvalidSettings(
                f"A lab must begin in an empty folder, found {found} in {lab.folder}: name another folder, or "
                f"work on in this one."
            )
        lab.made(progress)
        for exercise in exercises():
            place = lab.folder / exercise.name
            place.mkdir()
            for name, text in ({TEXT: exercise.text} | exercise.starts).items():
                (place / name).write_text(text, encoding="utf-8")
        return lab

    @classmethod
    def opened(cls, folder: Path | None) -> Lab:
        """The lab in this folder; with none given, that which the working folder is part of, or `lab` in it."""
        here = Path.cwd()
        places = [folder.absolute()] if folder else [here, *here.parents, here / DEFAULT]
        for each in places:
            if (each / HOME).is_dir() and all((each / one.name).is_dir() for one in exercises()):
                return cls(each)
        raise InvalidSettings(
            f"There must be a lab to work in, found none in {folder or here}: make one with `{called()} lab init`."
        )

    def made(self, progress: Progress) -> None:
        """Make the inbox, and the Postgres of later exercises, where they are not there."""
        from pqr_pipeline.embedded.home import prepare_home
        from pqr_pipeline.embedded.postgres import postgres

        inbox = Inbox(self.folder)
        prepare_home(inbox.settings)
        if inbox.records.manifest(LAST) is None:
            make(inbox, progress)
        if not (inbox.settings.home / "postgres").exists():
            with postgres(inbox.settings):
                pass

    def checked(self, exercise: Exercise, *, is_silent: bool) -> Verdict:
        """Grade the exercise in a process of its own, and remember if it passed; prints of the student go to stderr."""
        with tempfile.TemporaryDirectory() as room:
            file, prints = Path(room) / "verdict.json", subprocess.DEVNULL if is_silent else sys.stderr.fileno()
            command = [
                sys.executable,
                "-m",
                "pqr_pipeline.lab.child",
                str(self.folder),
                str(exercise.number),
                str(file),
            ]
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=prints, stderr=prints)
            try:
                child.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
            finally:
                child.wait()
            code, said = json.loads(file.read_bytes()) if file.exists() else _without_verdict(child.returncode)
        if code == Transient.exit_code:
            raise Transient(said)
        verdict = Verdict(exercise, is_passed=not code, said=said)
        self._remember(verdict)
        return verdict

    @property
    def passed(self) -> set[str]:
        """The names of the exercises whose files are those that passed."""
        return {each.name for each in exercises() if self._records.get(each.name) == self._digest(each)}

    def _remember(self, verdict: Verdict) -> None:
        name = verdict.exercise.name
        others = {key: digest for key, digest in self._records.items() if key != name}
        records = others | {name: self._digest(verdict.exercise)} if verdict.is_passed else others
        (self.folder / HOME / PASSED).write_bytes(canonical_json(records))

    @property
    def _records(self) -> dict[str, str]:
        file = self.folder / HOME / PASSED
        records: dict[str, str] = json.loads(file.read_bytes()) if file.exists() else {}
        return records

    def _digest(self, exercise: Exercise) -> str:
        files = [self.folder / exercise.name / name for name in exercise.starts]
        return sha256_hex(b"\0".join(file.read_bytes() for file in files if file.is_file()))


def _without_verdict(code: int) -> tuple[int, str]:
    """What a process leaves that the clock, or the student's own code, has ended."""
    if code < 0:
        said = f"The work must end within {LIMIT_SECONDS} s of computing, found it still at it: see what never ends."
    else:
        said = f"The work must leave its process running, found that it ended it with code {code}: return instead."
    return VerificationFailed.exit_code, said
