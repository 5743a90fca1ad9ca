"""The stage runner: committed once, resumed where it stopped, fenced, and honest about what it was given."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import cloudpickle
import pyarrow as pa
import pytest
from pydantic import SecretStr

from pqr_common.errors import (
    ContractBroken,
    Fenced,
    InvalidSettings,
    LakeUnavailable,
    ManifestConflict,
    UnknownRun,
    UpstreamBroken,
)
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.codec import encoded
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Check, Partition
from pqr_common.process.settings import Settings
from pqr_common.stage import assignment, result
from pqr_common.stage.assignment import Assignment
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.stage.values import Exchange, Output, Task
from pqr_common.stage.worker import perform
from pqr_common.tables.contract import Contract, Rule
from pqrs.parameters import Parameters

NUMBERS = Contract(
    "numbers",
    "one row a number",
    pa.schema([pa.field("n", pa.int64(), nullable=False)]),
    ("n",),
    (Rule("natural", "validity", "n >= 0"),),
)
DOUBLED = replace(NUMBERS, dataset="doubled")
WORKED: list[str] = []
TROUBLE: dict[str, Exception] = {}


def plan_numbers(inputs):
    return [Task(f"part-{n:05d}", arguments={"n": n}) for n in range(4)]


def make_numbers(task, bench):
    WORKED.append(task.key)
    if task.key in TROUBLE:
        raise TROUBLE[task.key]
    start = task.arguments["n"] * 10
    yield Output("numbers", task.key, pa.table({"n": list(range(start, start + 10))}))


def plan_split(inputs):
    return [Task(part.key, (part,)) for part in inputs.manifests["raw"].dataset("numbers").partitions]


def split(task, bench):
    table = bench.read(task.inputs[0])
    odd = [n % 2 == 1 for n in table.column("n").to_pylist()]
    buckets = {1: table.filter(pa.array(odd)), 0: table.filter(pa.array([not is_odd for is_odd in odd]))}
    yield Exchange("by_parity", buckets, table.schema)


def plan_double(inputs):
    refs = inputs.previous["split"]
    return [Task(f"part-{b:05d}", tuple(ref.only(b) for ref in refs), {"bucket": b}) for b in (0, 1, 2)]


def double(task, bench):
    WORKED.append(f"double {task.key}")
    table = bench.read_bucket(task.inputs, task.arguments["bucket"])
    yield Output(
        "doubled", task.key, pa.table({"n": pa.array([2 * n for n in table.column("n").to_pylist()], pa.int64())})
    )


def check_balance(outcome):
    return [Check.equal("balance", outcome.rows("doubled"), outcome.inputs.manifests["raw"].dataset("numbers").rows)]


FIRST = Stage(
    "generator", "raw", "pqr_common", produces=(NUMBERS,), phases=(Phase("make", plan_numbers, make_numbers),)
)
SECOND = Stage(
    "bronze",
    "bronze",
    "pqr_common",
    requires={"raw": (NUMBERS,)},
    produces=(DOUBLED,),
    phases=(Phase("split", plan_split, split), Phase("double", plan_double, double)),
    checks=check_balance,
)
GRAPH = Graph.of(stage.node for stage in (FIRST, SECOND))


@dataclass
class World:
    lake: FolderLake
    settings: Settings

    def run(self, stage, run_id="r1"):
        return run_stage(stage, run_id, lake=self.lake, settings=self.settings, executor=Inline())

    def records(self, run_id="r1"):
        return RunRecords(self.lake, run_id)

    def path(self, key):
        """Where a partition of `numbers` lies, which its bytes decide."""
        return next(found for found in self.lake.keys("raw/numbers") if f"/{key}-" in found)


@pytest.fixture
def world(tmp_path):
    WORKED.clear()
    TROUBLE.clear()
    lake = FolderLake(tmp_path / "lake")
    RunRecords(lake, "r1").declare(Parameters.create(window_to=date(2026, 1, 2)), GRAPH)
    return World(lake, Settings(lake_url=(tmp_path / "lake").as_uri(), home=tmp_path))


def test_a_stage_ends_with_a_manifest_of_all_its_partitions(world):
    """The manifest is what is returned and what lies in the lake, and its objects have its hashes."""
    manifest = world.run(FIRST)
    assert manifest == world.records().manifest("raw")
    assert [part.key for part in manifest.dataset("numbers").partitions] == [f"part-{n:05d}" for n in range(4)]
    assert manifest.dataset("numbers").rows == 40


def test_a_committed_stage_is_not_worked_again(world):
    """A re-run of a finished stage is free."""
    first = world.run(FIRST)
    WORKED.clear()
    assert world.run(FIRST) == first
    assert WORKED == []


def test_rows_pass_between_phases_by_bucket_and_nothing_is_left_of_them(world):
    """Every row arrives in its bucket, an empty bucket is an empty table, and exchanges are swept after the commit."""
    world.run(FIRST)
    manifest = world.run(SECOND)
    assert [part.rows for part in manifest.dataset("doubled").partitions] == [20, 20, 0]
    assert list(world.lake.keys("bronze/_exchange")) == []


def test_a_retry_works_only_what_is_missing(world):
    """After a failure in one task the next attempt keeps the receipts of the others."""
    TROUBLE["part-00002"] = LakeUnavailable("The lake must answer, found nothing.")
    with pytest.raises(LakeUnavailable):
        world.run(FIRST)
    assert world.records().manifest("raw") is None
    WORKED.clear()
    TROUBLE.clear()
    world.run(FIRST)
    assert WORKED == ["part-00002", "part-00003"]
    states = [(a.number, a.state, a.error_type, a.tasks_reused) for a in world.records().attempts("generator")]
    assert states == [(1, "failed", "LakeUnavailable", 0), (2, "completed", None, 2)]


def test_an_attempt_that_was_killed_is_closed_by_the_next(world):
    """The story of a run holds no attempt that seems to run for ever."""
    world.records().claim("generator", started_at="2026-01-01T00:00:00.000Z", host="gone")
    world.run(FIRST)
    first, second = world.records().attempts("generator")
    assert (first.state, first.error_type, second.state) == ("failed", "Lost", "completed")
    assert "gone" in first.error


def test_a_damaged_object_is_made_again_in_a_retry(world):
    """A receipt stands only while its object has the hash it was written with."""
    TROUBLE["part-00003"] = LakeUnavailable("The lake must answer, found nothing.")
    with pytest.raises(LakeUnavailable):
        world.run(FIRST)
    world.lake.put(world.path("part-00001"), b"damaged")
    WORKED.clear()
    TROUBLE.clear()
    world.run(FIRST)
    assert WORKED == ["part-00001", "part-00003"]


def test_other_code_does_not_trust_the_receipts_of_this_one(world, monkeypatch):
    """New code works every task again."""
    TROUBLE["part-00003"] = LakeUnavailable("The lake must answer, found nothing.")
    with pytest.raises(LakeUnavailable):
        world.run(FIRST)
    monkeypatch.setattr(result, "sources", lambda stage: {stage.package: "other"})
    WORKED.clear()
    TROUBLE.clear()
    world.run(FIRST)
    assert len(WORKED) == 4


def test_an_altered_object_upstream_stops_the_stage_with_its_name(world):
    """One changed byte in what a stage reads is found before anything is made of it."""
    world.run(FIRST)
    path = world.path("part-00001")
    data = bytearray(world.lake.get(path))
    data[30] ^= 1
    world.lake.put(path, bytes(data))
    with pytest.raises(UpstreamBroken, match=path):
        world.run(SECOND)


@pytest.mark.parametrize("cut", [0, 10])
def test_a_truncated_object_upstream_stops_the_stage_with_its_name(world, cut):
    """A shorter file is told by its size."""
    world.run(FIRST)
    path = world.path("part-00001")
    world.lake.put(path, world.lake.get(path)[:cut])
    with pytest.raises(UpstreamBroken, match=f"{path}.*{cut} bytes"):
        world.run(SECOND)


def test_a_missing_object_upstream_stops_the_stage_with_its_name(world):
    """A deleted file is told by its key."""
    world.run(FIRST)
    world.lake.delete(world.path("part-00001"))
    with pytest.raises(UpstreamBroken, match="part-00001"):
        world.run(SECOND)


def test_a_stage_without_its_upstream_says_which_layer_is_missing(world):
    """Stages run in order; the sentence names the layer."""
    with pytest.raises(UpstreamBroken, match="raw layer of run r1"):
        world.run(SECOND)


def test_a_missing_column_upstream_is_found_before_any_work(world):
    """The contract chain is checked on the manifest alone."""
    world.run(FIRST)
    needs = replace(NUMBERS, schema=pa.schema([("n", pa.int64()), ("colour", pa.string())]))
    with pytest.raises(UpstreamBroken, match="colour: string"):
        world.run(replace(SECOND, requires={"raw": (needs,)}))
    assert not any(name.startswith("double") for name in WORKED)


def test_a_broken_rule_stops_the_stage_and_commits_nothing(world):
    """The sentence names dataset, partition, rule and count."""
    strict = replace(NUMBERS, rules=(Rule("small", "validity", "n < 15"),))
    with pytest.raises(ContractBroken, match=r"raw/numbers.*part-00001.*'small'.*5 rows"):
        world.run(replace(FIRST, produces=(strict,)))
    assert world.records().manifest("raw") is None


def never_balances(outcome):
    return [Check.equal("balance", 1, 2)]


def test_a_failed_check_stops_the_stage_and_is_recorded(world):
    """The attempt keeps the check that failed, for the story of the run."""
    with pytest.raises(ContractBroken, match="balance must be 2 and is 1"):
        world.run(replace(FIRST, checks=never_balances))
    attempt = next(iter(world.records().attempts("generator")))
    assert [check["status"] for check in attempt.checks] == ["failed"]


def test_an_older_attempt_does_not_commit_over_a_newer_one(world):
    """While a stage works, a second attempt opens: the first one is fenced off."""

    def overtaken(outcome):
        world.records().claim("generator", started_at="now", host="other")
        return []

    with pytest.raises(Fenced, match="attempt 2 beside 1"):
        world.run(replace(FIRST, checks=overtaken))
    assert world.records().manifest("raw") is None


def test_an_older_attempt_that_misses_what_a_newer_one_took_away_is_fenced(world):
    """Whoever ends deletes what lay between the phases under the others' hands: to try again is no error of the data."""
    world.run(FIRST)
    split, double = SECOND.phases

    def overtaken(inputs):
        world.records().claim("bronze", started_at="now", host="other")
        for ref in inputs.previous["split"]:
            world.lake.delete(ref.path)
        return plan_double(inputs)

    with pytest.raises(Fenced, match="attempt 2 beside 1"):
        world.run(replace(SECOND, phases=(split, replace(double, plan=overtaken))))


def other_numbers(task, bench):
    yield Output("numbers", task.key, pa.table({"n": [task.arguments["n"]]}))


def test_other_data_for_a_committed_stage_is_a_conflict(world):
    """Nothing is overwritten, and the sentence says which manifest stands."""
    first = world.run(FIRST)

    def commit_race(outcome):
        world.lake.put("manifests/r1/raw.json", encoded(first))
        return []

    world.lake.delete("manifests/r1/raw.json")
    racing = replace(FIRST, phases=(Phase("other", plan_numbers, other_numbers),), checks=commit_race)
    with pytest.raises(ManifestConflict, match="manifests/r1/raw"):
        world.run(racing)
    assert world.records().manifest("raw") == first


def test_the_same_data_from_two_racing_commits_is_no_conflict(world):
    """Whoever comes second finds its own digest and is done."""
    first = world.run(FIRST)

    def commit_race(outcome):
        world.lake.put("manifests/r1/raw.json", encoded(first))
        return []

    world.lake.delete("manifests/r1/raw.json")
    assert world.run(replace(FIRST, checks=commit_race)).digest == first.digest


def test_upstream_that_changed_after_the_commit_is_found(world):
    """A stage that was made from another manifest than the one there now does not pass for done."""
    world.run(FIRST)
    world.run(SECOND)
    raw = world.records().manifest("raw")
    world.lake.put("manifests/r1/raw.json", encoded(replace(raw, parameters={"run": "other"})))
    with pytest.raises(UpstreamBroken, match="pqr verify r1"):
        world.run(SECOND)


def test_an_unknown_run_is_said_to_be_unknown(world):
    """Exit code 2 and the way to the list of runs."""
    with pytest.raises(UnknownRun, match=r"'nope'.*pqr runs"):
        world.run(FIRST, "nope")
    assert UnknownRun.exit_code == 2


def test_a_run_id_never_changes_its_meaning(world):
    """Declaring the same run again is no change; with other parameters it is refused."""
    parameters = Parameters.create(window_to=date(2026, 1, 2))
    RunRecords(world.lake, "r1").declare(parameters, GRAPH)
    with pytest.raises(ValueError, match="'r1'"):
        RunRecords(world.lake, "r1").declare(Parameters.create(window_to=date(2026, 1, 2), seed=7), GRAPH)


def elsewhere(task, bench):
    WORKED.append(task.key)
    yield Partition("numbers", task.key, f"postgres:{task.key}", 1, 0, "", "1-" + "0" * 32)


def gone(run_id, settings):
    return False


def test_what_a_stage_made_elsewhere_is_made_again_when_it_no_longer_stands(world):
    """A stage whose work is outside the lake is run again if it says so, and its manifest stays as it is."""
    stage = replace(FIRST, phases=(Phase("load", plan_numbers, elsewhere, resumable=False),), stands=gone)
    first = world.run(stage)
    WORKED.clear()
    assert world.run(stage).digest == first.digest
    assert len(WORKED) == 4


def test_receipts_are_outside_the_data(world):
    """Nothing but data and exchanges lies below a layer; receipts that every run may use lie below tasks/."""
    world.run(FIRST)
    assert all(Path(key).suffix == ".parquet" for key in world.lake.keys("raw"))
    receipts = [json.loads(world.lake.get(key)) for key in world.lake.keys("tasks/generator/make")]
    assert {receipt["partitions"][0]["rows"] for receipt in receipts} == {10}


def test_defect_2_a_reworded_grain_is_the_same_data(world):
    """What stands elsewhere is made again by code that says it better, and that is no conflict."""
    stage = replace(FIRST, phases=(Phase("load", plan_numbers, elsewhere, resumable=False),), stands=gone)
    first = world.run(stage)
    reworded = replace(stage, produces=(replace(NUMBERS, grain="one row per number"),), checks=always_balances)
    assert world.run(reworded).digest == first.digest


def always_balances(outcome):
    return [Check.equal("balance", 1, 1)]


def test_defect_2_other_data_is_refused_before_anything_is_shown(world):
    """A stage that shows what it made elsewhere must not do so if its manifest cannot be put."""
    shown = []
    first = world.run(FIRST)
    other = (Phase("other", plan_numbers, other_numbers),)
    with pytest.raises(ManifestConflict, match="nothing was overwritten"):
        world.run(
            replace(FIRST, phases=other, commit=lambda outcome, settings: shown.append(outcome) or [], stands=gone)
        )
    assert shown == []
    assert world.records().manifest("raw") == first


def test_defect_3_what_a_manifest_names_is_on_the_disk_before_it_is(world, monkeypatch):
    """Files, then the folders that name them, then the manifest: a power cut leaves no manifest of empty objects."""
    settled, when_put = [], []
    fsync, link = os.fsync, os.link
    monkeypatch.setattr(
        os, "fsync", lambda fd: (settled.append(str(Path(f"/proc/self/fd/{fd}").readlink())), fsync(fd))
    )
    monkeypatch.setattr(os, "link", lambda old, new: (when_put.append((Path(new), list(settled))), link(old, new)))
    manifest = world.run(FIRST)
    before = dict(when_put)[world.lake.root / "manifests/r1/raw.json"]
    for part in manifest.dataset("numbers").partitions:
        file = world.lake.root / part.path
        assert {str(file), str(file.parent), str(file.parent.parent), str(world.lake.root)} <= set(before)
        assert before.index(str(file)) < before.index(str(file.parent))
    assert str(world.lake.root / "manifests/r1") in settled[len(before) :]


class Pickling:
    """Runs in this process what it was handed as bytes, as a cluster would."""

    def __init__(self):
        self.sent = b""

    def map(self, function, items):
        for item in items:
            sent = cloudpickle.dumps((function, item))
            self.sent += sent
            again, task = cloudpickle.loads(sent)
            yield again(task)


def test_defect_7_a_task_carries_what_its_stage_needs(world):
    """The key to the lake, and of the other secrets those alone that the stage names."""
    settings = world.settings.with_(
        s3_secret_key=SecretStr("of-the-store"),
        postgres_dsn=SecretStr("of-postgres"),
        pseudonym_key=SecretStr("of-names"),
    )
    sent = {}
    for names in ((), ("postgres_dsn",)):
        executor = Pickling()
        stage = replace(FIRST, settings=names)
        world.lake.delete("manifests/r1/raw.json")
        run_stage(stage, "r1", lake=world.lake, settings=settings, executor=executor)
        sent[names] = executor.sent
    assert b"of-postgres" not in sent[()]
    assert b"of-postgres" in sent[("postgres_dsn",)]
    assert not any(b"of-names" in each for each in sent.values())


def test_defect_10_a_zombie_task_cannot_overwrite_what_is_committed(world):
    """A task of older code that ends after the commit makes other bytes, and they lie elsewhere."""
    manifest = world.run(FIRST)
    old = Phase("make", plan_numbers, other_numbers)
    given = Assignment(FIRST, old, "r1", world.records().parameters(), world.settings.lake, {}, "of older code")
    (late,) = perform(given, plan_numbers(None)[0]).partitions
    assert late.key == "part-00000"
    for part in manifest.dataset("numbers").partitions:
        assert world.lake.read(part)
        assert late.path != part.path


def test_a_worker_that_joined_late_with_other_code_does_nothing(world, monkeypatch):
    """The driver looks at the workers once, when it attaches; who comes later is asked with each task."""
    phase = Phase("make", plan_numbers, make_numbers)
    given = Assignment(FIRST, phase, "r1", world.records().parameters(), world.settings.lake, {}, "of this code")
    monkeypatch.setattr(assignment, "sources", lambda stage: given.sources | {stage.package: "of older code"})
    with pytest.raises(InvalidSettings, match=f"another {FIRST.package} on a worker at .*pqr retry"):
        perform(pickle.loads(pickle.dumps(given)), plan_numbers(None)[0])
    assert list(world.lake.keys("raw")) == []
