"""Prometheus' own programs, if this machine has them, and what dashboards and rules ask of it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GRAFANA, PROMETHEUS = ROOT / "deploy/grafana", ROOT / "deploy/prometheus"
PROGRAMS = ROOT / ".venv/prometheus"
WORDS = {"and", "or", "unless", "by", "on", "without", "ignoring", "bool", "offset", "group_left", "group_right", "inf"}


@dataclass(frozen=True)
class Asked:
    """One query of one panel."""

    board: str
    row: str
    panel: str
    expr: str
    is_instant: bool

    @property
    def name(self) -> str:
        return f"{self.board} / {self.row} / {self.panel}"


def asked_by(board: dict) -> Iterator[Asked]:
    """Every query of a dashboard that goes to Prometheus, with the row it stands in."""
    row = ""
    for panel in board["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "prometheus":
                continue
            yield Asked(board["title"], row, panel["title"], target["expr"], target.get("instant", False))


def metrics_of(expr: str) -> set[str]:
    """The metrics that PromQL names: what is left when strings, labels, durations and functions are taken away."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expr)
    text = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", text)
    text = re.sub(r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    names = re.findall(r"(?<![\w.:])([a-zA-Z_:][\w:]*)(?!\s*\()(?![\w:])", text)
    return {name for name in names if name not in WORDS and not re.fullmatch(r"\d+\w", name)} - {"d", "h", "m", "s"}


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"of_grafana_{path.stem}", path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="session")
def check() -> ModuleType:
    """The checks of what Grafana is provisioned from."""
    return module(GRAFANA / "check.py")


@pytest.fixture(scope="session")
def boards() -> dict[str, dict]:
    """Every dashboard by the name of its file."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(GRAFANA.glob("*/*.json"))}


@pytest.fixture(scope="session")
def asked(boards: dict[str, dict]) -> list[Asked]:
    return [each for board in boards.values() for each in asked_by(board)]


@pytest.fixture(scope="session")
def rules() -> list[dict]:
    """Every rule of Prometheus, recording and alerting."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(PROMETHEUS.glob("rules/*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@pytest.fixture(scope="session")
def grafana_rules() -> list[dict]:
    """Every alert rule of Grafana."""
    files = [yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted(GRAFANA.glob("provisioning/alerting/*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@pytest.fixture(scope="session")
def of_others() -> dict[str, dict]:
    """The metrics of others that may be used, by who tells them."""
    return tomllib.loads((GRAFANA / "metrics.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """The path of one of Prometheus' programs; under CI a missing one fails, elsewhere it skips."""

    def path(name: str) -> str:
        found = shutil.which(name, path=f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")
        if found is None:
            reason = f"{name} is not here and Debian's package of it could not be had (tools/prometheus.sh)"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
        return found

    return path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the provisioning to break."""
    for folder in ("provisioning", "dashboards", "logs"):
        shutil.copytree(GRAFANA / folder, tmp_path / folder)
    return tmp_path
