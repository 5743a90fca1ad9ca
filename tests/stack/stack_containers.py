"""A stack in containers, and what a test does with it: compose, the command, a fault at the right moment, figures."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pqr_common.lake.location import open_lake
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings

PATIENCE_SECONDS = 300.0  # bounds, not pauses: what is waited for is asked for many times per second
FIRED_SECONDS = 10.0
RUN_SECONDS = 600.0  # a month of mail through every stage, with a fault on the way
# Runs in the scheduler's container: a task on every worker that waits until this process is told to end.
HOLD = """
import sys
from distributed import Client, Event, wait
with Client("tls://127.0.0.1:8786", set_as_default=False) as client:
    release = Event("held", client=client)
    release.clear()
    workers = list(client.run(lambda: None))
    tasks = [client.submit(Event.wait, release, workers=[w], allow_other_workers=True, pure=False) for w in workers]
    while sum(map(len, client.processing().values())) < len(workers):
        pass
    print("ready", flush=True)
    sys.stdin.read()
    release.set()
    wait(tasks)
"""
# Runs in any container of ours: ends every process but the first, which then ends the container, as a crash would.
CRASH = 'import os, sys; print("ready", flush=True); sys.stdin.read(); os.kill(-1, 9)'


def clean_environment() -> dict[str, str]:
    """The environment without what could reach into a stack: a shell's variables win over a file's."""
    ours = ("PQR_", "PREFECT_", "COMPOSE_", "POSTGRES_", "S3_SECRET_", "RUSTFS_", "AUTH_", "GF_", "METABASE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on."""
    with contextlib.ExitStack() as open_at_once:
        probes = [open_at_once.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def until(true: Callable[[], Any], what: str, patience: float = PATIENCE_SECONDS, pause: float = 0.1) -> Any:
    """The first true value of `true`, asked again and again; fails with `what` when patience ends."""
    deadline = time.monotonic() + patience
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what}, after {patience:.0f} s"
        time.sleep(pause)
    return found


@dataclass(frozen=True)
class Armed:
    """A process in a container that acts when it is told to, at once."""

    process: subprocess.Popen[str]

    def fire(self) -> None:
        """Whose container goes with it may never be told that it has ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(FIRED_SECONDS)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@dataclass(frozen=True)
class Containers:
    """One Compose project. `home` holds its .env and is where the `pqr` command runs."""

    project: str
    files: tuple[Path, ...]
    home: Path

    def compose(self, *arguments: str, patience: float = 900.0) -> str:
        """The output of a compose command that must succeed."""
        ended = subprocess.run(
            [*self._compose, *arguments],
            check=False,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=patience,
        )
        assert ended.returncode == 0, f"compose {' '.join(arguments)}: {ended.returncode}\n{ended.stderr[-3000:]}"
        return ended.stdout

    def ps(self) -> list[dict[str, Any]]:
        """Every container of the project, the ended ones too."""
        return [json.loads(line) for line in self.compose("ps", "--all", "--format", "json").splitlines() if line]

    def is_healthy(self, service: str) -> bool:
        """Whether every container of the service is."""
        found = [c["Health"] for c in self.ps() if c["Service"] == service]
        return bool(found) and set(found) == {"healthy"}

    def images(self) -> set[str]:
        return set(self.compose("config", "--images").split())

    def armed(self, service: str, script: str, index: int = 1) -> Armed:
        """Python in a container of a service, waiting for its moment."""
        command = [*self._compose, "exec", "-T", "--index", str(index), service, "python", "-c", script]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, env=clean_environment(), stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.strip() == "ready", said + process.communicate(timeout=PATIENCE_SECONDS)[0]
        return Armed(process)

    def crash(self, service: str, host: str | None = None) -> Armed:
        """A crash of a container, ready to happen: the one of this host name, or the service's first."""
        names = [c["Name"] for c in self.ps() if c["Service"] == service and c["ID"].startswith(host or "")]
        return self.armed(service, CRASH, min(int(name.rpartition("-")[2]) for name in names))

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Every Dask worker is busy, so that a stage stays in its middle."""
        hold = self.armed("dask-scheduler", HOLD)
        try:
            yield
        finally:
            hold.fire()

    @property
    def _compose(self) -> list[str]:
        files = [part for file in self.files for part in ("--file", str(file))]
        return ["docker", "compose", "--env-file", str(self.home / ".env"), "-p", self.project, *files]

    # ---- the command at the host ----

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pqr_pipeline", "--stack", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.home, env=clean_environment(), stdout=pipe, stderr=pipe, text=True)

    def pqr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=RUN_SECONDS)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    # ---- what is there ----

    @cached_property
    def values(self) -> dict[str, str]:
        """The stack's .env."""
        lines = (self.home / ".env").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    @property
    def settings(self) -> Settings:
        return Settings.read(_env_file=self.home / ".env", home=self.home)

    def lake(self, key: str = "operator"):
        """The lake as the host sees it, with the key of a service."""
        secret = "PQR_S3_SECRET_KEY" if key == "operator" else f"S3_SECRET_{key.upper()}"
        changes = {"s3_access_key": key, "s3_secret_key": self.values[secret]}
        return open_lake(Settings.read(_env_file=self.home / ".env", **changes).lake)

    @property
    def dsn(self) -> str:
        return self.values["PQR_POSTGRES_DSN"]

    def committed(self, run_id: str, layer: str):
        return RunRecords(self.lake(), run_id).manifest(layer)

    def attempts(self, run_id: str, stage: str) -> list[Attempt]:
        return list(RunRecords(self.lake(), run_id).attempts(stage))

    def receipts(self, run_id: str, stage: str) -> list[str]:
        """What says of each task of a stage that it is done."""
        return list(self.lake().keys(f"manifests/{run_id}/receipts/{stage}"))

    def prometheus(self, query: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        url = f"http://127.0.0.1:{self.values['PQR_PORT_PROMETHEUS']}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["data"]["result"]


def contents(lake, run_id: str) -> dict[str, dict[str, str]]:
    """The digest of the rows of every dataset of every layer: what a run made, whatever it was called."""
    layers = RunRecords(lake, run_id).manifests()
    return {name: {d.name: d.content_digest for d in manifest.datasets} for name, manifest in layers.items()}
