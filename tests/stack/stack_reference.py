"""What the stack in containers is held to: the same runs embedded, without a container; and what it takes and lacks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from pqr_common.lake.folder import FolderLake
from pqr_common.process.settings import Settings
from pqr_loader.postgres.shape import shown
from pqr_pipeline.embedded.postgres import postgres

ROOT = Path(__file__).parents[2]
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


@dataclass(frozen=True)
class Calm:
    """What undisturbed runs made; `figures` is Postgres while it showed the last of them."""

    lake: FolderLake
    runs: dict[str, tuple[str, ...]]  # run id: the arguments of `pqr run`
    figures: dict[str, list[str]]


def calm_runs(home: Path, environment: dict[str, str], *runs: tuple[str, ...]) -> Calm:
    """`pqr run` with each of these arguments, one after another, in one home."""
    done = {}
    for arguments in runs:
        command = [sys.executable, "-m", "pqr_pipeline", "run", *arguments, "--json"]
        ended = subprocess.run(
            command, check=False, env=environment | {"PQR_HOME": str(home)}, capture_output=True, text=True, cwd=home
        )
        assert ended.returncode == 0, ended.stderr
        done[json.loads(ended.stdout)["run_id"]] = arguments
    with postgres(Settings.read(home=home)) as dsn:
        return Calm(FolderLake(home / "lake"), done, figures(dsn))


def figures(dsn: str) -> dict[str, list[str]]:
    """Every row of every table that mirrors the lake, as text."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set timezone = 'UTC'")
        rows = {
            table: connection.execute(f"select {', '.join(columns)} from {table}").fetchall()
            for table, columns in shown(connection).items()
        }
    return {table: sorted(map(repr, found)) for table, found in rows.items()}


def at_rest(project: str, patience: float = 90.0) -> dict[str, float]:
    """Megabytes by container once no service writes its first metrics any more; the loader's wait for a first run."""
    names = _docker("ps", "--format", "{{.Names}}", "--filter", f"label=com.docker.compose.project={project}").split()
    busy = [name for name in names if "-loader-" not in name]
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any("first_metrics" in _docker("top", name) for name in busy):
        time.sleep(1)
    return memory(project)


def memory(project: str) -> dict[str, float]:
    """Megabytes in use by each container of a project."""
    names = _docker("ps", "--format", "{{.Names}}", "--filter", f"label=com.docker.compose.project={project}").split()
    lines = _docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names).splitlines()
    found = {}
    for line in lines:
        name, used = line.split()[:2]
        number, unit = re.fullmatch(r"([\d.]+)(\w+)", used).groups()
        found[name.removeprefix(f"{project}-")] = float(number) * UNITS[unit] / 1e6
    return found


def sizes(images: set[str]) -> dict[str, float]:
    """Megabytes of each image."""
    return {image: int(_docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6 for image in sorted(images)}


def stand_ins(images: set[str]) -> list[str]:
    """A line for each image that is not what its name says, with what is therefore not proved."""
    readme = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in readme.splitlines() if line.startswith("| `")]
    unproved = {row[0].strip("`"): row[-1] for row in rows}
    label = '{{index .Config.Labels "org.pqr.standin"}}'
    found = [image for image in sorted(images) if _docker("image", "inspect", "--format", label, image) == "true"]
    return [
        f"stand-in {image}, not proved: {unproved.get(image, 'how the real one behaves')}"
        for image in found
        if not image.startswith("pqr-")  # ours inherit the label from a base that is a stand-in
    ]


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()
