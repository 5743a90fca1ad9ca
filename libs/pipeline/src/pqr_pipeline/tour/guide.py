"""Who leads the tour: calls `pqr` as a person would, in a home of its own, and says what came of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pqr_common.errors import PqrError
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake, LakeLocation
from pqr_common.manifest.layout import manifest_key
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.command.screen import Screen

__all__ = ["RUN", "Guide"]

RUN = "tour"
SMALL = ("--to", "2026-01-31", "--volume", "20", "--quiet")
POLL_SECONDS, KILL_SECONDS = 0.05, 300
LONG = 110  # letters of a line that is too long to be read


@dataclass(frozen=True, slots=True)
class Guide:
    """The tour's home is a folder in that of the platform; nothing outside it changes."""

    home: Path
    screen: Screen

    @classmethod
    def starting(cls, home: Path, screen: Screen) -> Guide:
        """In an empty home: what an earlier tour left is removed."""
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        return cls(home, screen)

    @property
    def lake(self) -> Lake:
        return open_lake(LakeLocation((self.home / "lake").as_uri()))

    @property
    def records(self) -> RunRecords:
        return RunRecords(self.lake, RUN)

    def pqr(self, *arguments: str, exit_code: int = 0, **settings: str) -> str:
        """What `pqr` says when it is called so; raises PqrError if it does not end as the tour needs."""
        self.screen.say(f"  $ pqr {' '.join(arguments)}")
        told = subprocess.run(
            self._command(arguments), env=self._environment(settings), capture_output=True, text=True, check=False
        )
        if told.returncode != exit_code:
            raise PqrError(
                f"`pqr {' '.join(arguments)}` must end with code {exit_code} on the tour, found {told.returncode} "
                f"({told.stderr.strip()}): see `pqr doctor`."
            )
        return told.stdout + told.stderr

    def killed(self, *arguments: str, after: str, run_id: str) -> None:
        """Call `pqr`, and kill it as soon as the run has the manifest of this layer."""
        self.screen.say(f"  $ pqr {' '.join(arguments)}        (killed while it works)")
        child = subprocess.Popen(
            self._command(arguments), env=self._environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        manifest = self.home / "lake" / manifest_key(run_id, after)
        until = time.monotonic() + KILL_SECONDS
        while child.poll() is None and not manifest.exists() and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        child.send_signal(signal.SIGKILL)
        if child.wait() == 0:
            raise PqrError(
                f"`pqr {' '.join(arguments)}` must be killed while it works, found it done: the tour has found a fault."
            )

    def show(self, lines: Iterable[str]) -> None:
        """Indented, and cut where they are longer than anybody reads."""
        self.screen.verbatim(f"    {line if len(line) <= LONG else line[:LONG] + ' …'}" for line in lines)

    def _command(self, arguments: Iterable[str]) -> list[str]:
        return [sys.executable, "-m", "pqr_pipeline", *arguments]

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PQR_")}
        return inherited | {"PQR_HOME": str(self.home)} | settings
