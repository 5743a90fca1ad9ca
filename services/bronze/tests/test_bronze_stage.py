"""The stage as the runner sees it: tasks of whole objects, rows that balance, and objects that are not what they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pqr_bronze import stage as stage_module
from pqr_bronze.schema import RAW_LINES
from pqr_bronze.stage import STAGE
from pqr_common.errors import UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.stage.values import Output, StageInputs, StageOutcome, Task
from pqrs.parameters import Parameters

PARAMETERS = Parameters.create(window_to=date(2026, 1, 7))
OBJECTS: dict[str, bytes] = {}


def plan_raw(_inputs):
    return [Task("all")]


def work_raw(_task, _context):
    for key, data in OBJECTS.items():
        yield Output("emails", key, lines=data, rows=data.count(b"\n"), place=f"day={key}")


RAW = Stage("generator", "raw", "pqr_common", produces=(RAW_LINES,), phases=(Phase("days", plan_raw, work_raw),))
GRAPH = Graph.of(stage.node for stage in (RAW, STAGE))


@pytest.fixture
def lake(tmp_path):
    return FolderLake(tmp_path / "lake")


@pytest.fixture
def run(lake, tmp_path):
    """Commits these raw objects, by `day/part`, and brings bronze to its manifest."""
    settings = Settings(lake_url=(tmp_path / "lake").as_uri(), home=tmp_path)
    RunRecords(lake, "r1").declare(PARAMETERS, GRAPH)

    def _run(*stages: Stage, **objects: bytes) -> Manifest:
        OBJECTS.clear()
        OBJECTS.update({key.replace("_", "-", 2).replace("_", "/", 1): data for key, data in objects.items()})
        for stage in stages or (RAW, STAGE):
            manifest = run_stage(stage, "r1", lake=lake, settings=settings, executor=Inline())
        return manifest

    return _run


def test_the_stage_commits_emails_and_rejects_with_passed_checks(run, line):
    """Three lines, one of them bad, in two objects of a day and an empty one: rows balance and each row is there."""
    good = f"{line()}\n".encode()
    manifest = run(
        **{"2026_01_05_part-00000": good, "2026_01_05_part-00001": b"\n" + good, "2026_01_06_part-00000": b""}
    )
    assert {dataset.name: dataset.rows for dataset in manifest.datasets} == {"emails": 2, "rejects": 1}
    (check,) = manifest.checks
    assert (check.name, check.status, check.observed, check.expected) == ("bronze_row_balance", "passed", 3, 3)
    emails, other, empty = manifest.dataset("emails").partitions
    assert [part.key for part in (emails, other, empty)] == [
        "2026-01-05/part-00000",
        "2026-01-05/part-00001",
        "2026-01-06/part-00000",
    ]
    assert [part.rejected for part in (emails, other, empty)] == [0, 1, 0]
    assert (emails.min_at, emails.max_at) == ("2026-01-05T13:12:33Z", "2026-01-05T13:12:33Z")


def test_raw_lines_that_lack_a_required_field_stop_the_stage(run):
    """What bronze requires of a raw line is compared with what the raw manifest offers, before anything is read."""
    offered = RAW_LINES.subset(*(name for name in RAW_LINES.schema.names if name != "direction"))
    raw = replace(RAW, produces=(offered,))
    with pytest.raises(UpstreamBroken, match="found no direction: string not null in raw/emails of run r1"):
        run(raw, STAGE, **{"2026_01_05_part-00000": b""})


def test_a_window_without_mail_is_committed(run):
    """Empty objects give empty tables."""
    manifest = run(**{"2026_01_05_part-00000": b""})
    assert [dataset.rows for dataset in manifest.datasets] == [0, 0]


def inputs_of(*sizes: int) -> StageInputs:
    parts = tuple(
        Partition(
            "emails",
            f"2026-01-{n:02d}/part-00000",
            f"raw/emails/day=2026-01-{n:02d}/part-00000.jsonl",
            1,
            size,
            "",
            "1-00",
        )
        for n, size in enumerate(sizes, start=1)
    )
    raw = Manifest("r1", "raw", {}, (), (Dataset("emails", "", (), parts),), ())
    return StageInputs("r1", PARAMETERS, {"raw": raw})


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ((), []),
        ((10,), [[10]]),
        ((30, 30, 40), [[30, 30, 40]]),
        ((30, 30, 41), [[30, 30], [41]]),
        ((500, 1, 1, 500, 1), [[500], [1, 1], [500], [1]]),
        ((0, 0, 0), [[0, 0, 0]]),
    ],
)
def test_objects_share_a_task_up_to_its_size(sizes, groups, monkeypatch):
    """Consecutive ones, in order; an object larger than that has a task of its own and is never cut."""
    monkeypatch.setattr(stage_module, "TASK_BYTES", 100)
    tasks = stage_module.plan(inputs_of(*sizes))
    assert [[member.inputs[0].bytes for member in task.members] for task in tasks] == groups
    assert [task.key for task in tasks] == [task.members[0].key for task in tasks]


def test_how_objects_share_tasks_never_changes_a_row(run, line, lake, monkeypatch, tmp_path):
    """Worked in other groups, each object gives the same partitions."""
    objects = {f"2026_01_0{n}_part-00000": f"{line(subject=str(n))}\nbad\n".encode() * n for n in range(1, 6)}
    whole = run(**objects)
    monkeypatch.setattr(stage_module, "TASK_BYTES", 1_000)
    for key in ("manifests/r1/bronze.json", *lake.keys("tasks/bronze")):
        lake.delete(key)
    cut = run(STAGE, **objects)
    assert cut.datasets == whole.datasets
    assert cut.digest == whole.digest


def test_what_was_done_is_not_done_again_with_more_objects(run, line, lake):
    """A run with one more day finds the receipts of the days that were there, and works on the new one alone."""
    days = {f"2026_01_0{n}_part-00000": f"{line(subject=str(n))}\n".encode() for n in range(1, 4)}
    run(**dict(list(days.items())[:2]))
    for key in ("manifests/r1/raw.json", "manifests/r1/bronze.json", *lake.keys("tasks/generator")):
        lake.delete(key)
    before = set(lake.keys("tasks/bronze"))
    assert [part.key[:10] for part in run(**days).dataset("emails").partitions] == [f"2026-01-0{n}" for n in (1, 2, 3)]
    assert len(set(lake.keys("tasks/bronze")) - before) == 1


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda data: data[:-1], "bytes instead of"),
        (lambda data: data.replace(b"Insisto", b"Desisto"), "SHA-256"),
        (lambda data: None, "found nothing"),
    ],
    ids=["truncated", "altered", "missing"],
)
def test_an_object_that_is_not_what_its_manifest_says_stops_the_stage(run, line, lake, spoil, found):
    """With its name, and nothing is committed."""
    data = f"{line()}\n".encode()
    run(RAW, **{"2026_01_05_part-00000": data, "2026_01_06_part-00000": data})
    (key,) = lake.keys("raw/emails/day=2026-01-06")
    lake.delete(key)
    if spoil(data) is not None:
        lake.put(key, spoil(data))
    with pytest.raises(UpstreamBroken, match=key) as caught:
        run(STAGE)
    assert found in str(caught.value)
    assert lake.find("manifests/r1/bronze.json") is None


def test_rows_that_do_not_balance_are_told():
    """A line that were neither e-mail nor reject would fail the check, which stops the commit."""
    inputs = inputs_of(10, 10, 10)
    made = {
        "emails": (Partition("emails", "", "", 1, 0, "", ""),),
        "rejects": (Partition("rejects", "", "", 1, 0, "", ""),),
    }
    (check,) = STAGE.checks(StageOutcome(inputs, made))
    assert (check.status, check.observed, check.expected) == ("failed", 2, 3)
