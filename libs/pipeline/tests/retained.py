"""A small chain of stages whose runs share their days, for tests of what goes and what stays."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from pqr_common.errors import LakeUnavailable
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.layout import GATE, is_manifest
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.stage.values import Output, Task
from pqr_common.tables.contract import Contract
from pqrs.parameters import Parameters

LETTERS = Contract("letters", "one row a letter", pa.schema([("n", pa.int64())]), ("n",))
SORTED = Contract("sorted", "one row a letter", pa.schema([("n", pa.int64())]), ("n",))


def plan_days(inputs):
    first, last = inputs.parameters.window_from, inputs.parameters.window_to
    return [Task(f"day-{n:03d}", arguments={"n": n}) for n in range((last - first).days + 1)]


def write(task, context):
    yield Output("letters", task.key, pa.table({"n": [task.arguments["n"]]}))


def plan_added(inputs):
    return [Task(part.key, (part,)) for part in inputs.added("raw", "letters")]


def copy(task, context):
    yield Output("sorted", task.key, context.read(task.inputs[0]))


FIRST = Stage(
    "generator", "raw", "pqr_common", produces=(LETTERS,), phases=(Phase("make", plan_days, write, parameters=()),)
)
SECOND = Stage(
    "bronze",
    "bronze",
    "pqr_common",
    requires={"raw": (LETTERS,)},
    produces=(SORTED,),
    phases=(Phase("copy", plan_added, copy, parameters=()),),
    continues=True,
    keeps=("sorted",),
)
GRAPH = Graph.of([FIRST.node, SECOND.node])


def soon():
    """A time at which all that lies in the lake now is older than the grace time."""
    return datetime.now(UTC) + timedelta(hours=2)


def declared(lake, run_id, *, days, continues=None, seed=1):
    window = {"window_from": date(2026, 1, 1), "window_to": date(2026, 1, 1) + timedelta(days=days - 1)}
    RunRecords(lake, run_id).declare(Parameters.create(seed=seed, **window), GRAPH, continues=continues)


def made(lake, run_id, *stages):
    """These stages of a run, both when none is named."""
    settings = Settings(lake_url=lake.root.as_uri(), home=lake.root.parent)
    for stage in stages or (FIRST, SECOND):
        run_stage(stage, run_id, lake=lake, settings=settings, executor=Inline())


def ran(lake, run_id, **given):
    declared(lake, run_id, **given)
    made(lake, run_id)


def data(lake):
    """The keys of all data."""
    return {key for layer in ("raw", "bronze") for key in lake.keys(layer)}


def missing(lake):
    """What manifests name and the lake has not; must be nothing at any time."""
    named = {
        part.path
        for run_id in {key.split("/")[1] for key in lake.keys("manifests") if is_manifest(key)}
        for layer in GRAPH.layers
        if (manifest := RunRecords(lake, run_id).manifest(layer)) is not None
        for part in manifest.partitions
    }
    return named - data(lake)


def everything(lake):
    return {key for folder in ("raw", "bronze", "tasks", "manifests") for key in lake.keys(folder)}


def forget_gate(lake):
    """As if ten minutes had gone by since its sweeper was killed."""
    if lake.find(GATE):
        said = {"token": "0", "at": (datetime.now(UTC) - timedelta(minutes=11)).isoformat()}
        lake.put(GATE, json.dumps(said).encode())


class Dying(FolderLake):
    """The lake of a process that dies after some calls."""

    def __init__(self, root: Path, lives: int) -> None:
        super().__init__(root)
        self.lives = lives

    def _door(self, key, wanted=0):
        self.lives -= 1
        if self.lives < 0:
            raise LakeUnavailable("dead")
        return super()._door(key, wanted)


def killed_everywhere(lake, act):
    """A copy of the lake for each call after which an act can be killed; the last one is whole."""
    lives = 0
    while True:
        root = lake.root.with_name(f"copy-{lives}")
        shutil.copytree(lake.root, root)
        try:
            act(Dying(root, lives))
        except LakeUnavailable:
            yield FolderLake(root)
        else:
            yield FolderLake(root)
            return
        shutil.rmtree(root)
        lives += 1


class Interrupted(FolderLake):
    """The lake of a process beside which another one does something whole before a certain call."""

    def __init__(self, root: Path, calls: int, act) -> None:
        super().__init__(root)
        self.calls, self.act = calls, act

    def _door(self, key, wanted=0):
        self.calls -= 1
        if self.calls == -1:
            self.act(FolderLake(self.root))
        return super()._door(key, wanted)


def beside_every_call(lake, work, act):
    """A copy of the lake for each call of `work`, with `act` done just before that call."""
    calls = 0
    while True:
        root = lake.root.with_name(f"copy-{calls}")
        shutil.copytree(lake.root, root)
        interrupted = Interrupted(root, calls, act)
        work(interrupted)
        yield FolderLake(root)
        if interrupted.calls >= 0:
            return
        shutil.rmtree(root)
        calls += 1
