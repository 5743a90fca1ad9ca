"""The stages, the warehouse and the views that are installed here, found by their entry points."""

from __future__ import annotations

import contextlib
from functools import cache, reduce
from importlib import resources
from typing import Any

from pqr_common.canonical import sha256_hex
from pqr_common.errors import InvalidSettings, UpstreamBroken
from pqr_common.installed import announced, the_only
from pqr_common.lake.port import Lake
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.parameters import RunParameters
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.stage.declaration import Stage

__all__ = [
    "declare",
    "installed_graph",
    "installed_stages",
    "refuse_unserved",
    "source_digest",
    "sources",
    "stage_named",
    "view_module",
    "warehouse",
]

ENGINE = "pqr_common"


def installed_graph() -> Graph:
    """The graph of the stages of this environment; raises InvalidSettings when one lacks what it reads."""
    return Graph.of(entry.load().node for entry in announced("pqr.stages").values())


def installed_stages() -> dict[str, Stage]:
    """The stages of this environment by name, in the order of the pipeline."""
    return {name: stage_named(name) for name in installed_graph().stages}


def stage_named(name: str) -> Stage:
    """The stage of that name, which need not know the others."""
    found = announced("pqr.stages")
    if name not in found:
        raise InvalidSettings(
            f"A stage must be one of those installed here, {', '.join(sorted(found))}, found {name!r}: correct the "
            f"name or install pqr-{name}."
        )
    stage: Stage = found[name].load()
    return stage


def warehouse() -> Any:
    """The loader's face to the pipeline: migrate, record, show_figures, differences, published, kpis."""
    return the_only("pqr.warehouse")


def declare(lake: Lake, run_id: str, parameters: RunParameters) -> None:
    """Write down what the run is, once every installed stage has agreed to serve it; raises InvalidSettings."""
    refuse_unserved(parameters)
    RunRecords(lake, run_id).declare(parameters, installed_graph(), continues=_run_before(lake, parameters))


def _run_before(lake: Lake, parameters: RunParameters) -> str | None:
    """The run that goes furthest of those that this one continues and that have a manifest; a hint, and no more."""
    earlier: dict[str, RunParameters] = {}
    for run_id in run_ids(lake):
        with contextlib.suppress(UpstreamBroken, InvalidSettings):  # a run that cannot be read is not gone on with
            found = RunRecords(lake, run_id).parameters()
            if parameters.continues(found):
                earlier[run_id] = found
    while earlier:
        furthest = reduce(lambda one, other: other if earlier[other].continues(earlier[one]) else one, earlier)
        with contextlib.suppress(UpstreamBroken, InvalidSettings):
            if RunRecords(lake, furthest).manifests():  # which name all there is: those of one run, not of every one
                return furthest
        del earlier[furthest]
    return None


def refuse_unserved(parameters: RunParameters) -> None:
    """Raise InvalidSettings when an installed stage cannot serve such a run."""
    for stage in installed_stages().values():
        stage.validate(parameters)


def view_module(name: str) -> str:
    """The module that `python -m` runs to show a view, such as the dashboard."""
    found = {view: entry.value for view, entry in announced("pqr.views").items()}
    if name not in found:
        raise InvalidSettings(
            f"The view {name} must be installed, found {', '.join(found) or 'none'} here: install pqr-{name}."
        )
    return found[name]


def sources(stage: Stage) -> dict[str, str]:
    """The packages whose code decides what a stage makes, each with the digest of its sources as installed here."""
    domain = the_only("pqr.parameters").__module__.partition(".")[0]
    return {package: source_digest(package) for package in (ENGINE, domain, stage.package)}


@cache
def source_digest(package: str) -> str:
    """A digest of a package's sources and data by name; what other code made is not trusted."""
    texts: list[tuple[str, bytes]] = []
    pending = [("", resources.files(package))]
    while pending:
        folder, here = pending.pop()
        for item in here.iterdir():
            name = f"{folder}/{item.name}"
            if item.is_dir():
                pending.append((name, item))
            elif item.name.endswith((".py", ".sql", ".toml", ".csv", ".txt")):
                texts.append((name, item.read_bytes()))
    return sha256_hex(b"\0".join(name.encode() + b"\0" + data for name, data in sorted(texts)))
