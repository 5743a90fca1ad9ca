"""What nobody needs in a lake: all of it is named, nothing else is, and `--fix` removes exactly that."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from pqr_common.errors import LakeUnavailable, UpstreamBroken, VerificationFailed
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Dataset, Manifest, Partition
from pqr_common.stage.discovery import declare
from pqr_common.stage.receipts import Receipt
from pqr_common.stage.values import ExchangeRef
from pqr_pipeline.audit.leftovers import look_for_leftovers, removed
from pqr_pipeline.retention.sweep import sweep
from pqrs.parameters import Parameters

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LONG_AGO, JUST_NOW = "2026-01-05T08:00:00.000Z", "2026-01-05T11:55:00.000Z"
LONG_AGO_SECONDS = datetime.fromisoformat(LONG_AGO).timestamp()
HANGS = """
import sys, time
from pathlib import Path
from pqr_common.lake.folder import FolderLake
with FolderLake(Path(sys.argv[1]))._written("raw/emails/a.jsonl", b"half"):
    print("writing", flush=True)
    time.sleep(60)
"""


def leftovers(lake):
    return sweep(lake, now=NOW, is_dry_run=True).objects


def aged(lake, *keys):
    """Put long before NOW: the files' times say so."""
    for key in keys:
        lake.put(key, b"1")
        os.utime(lake.root / key, (LONG_AGO_SECONDS, LONG_AGO_SECONDS))


@pytest.fixture
def lake(tmp_path):
    """A run whose raw layer is committed, and whose bronze failed after one task, long ago."""
    lake = FolderLake(tmp_path / "lake")
    declare(lake, "r1", Parameters.create())
    records = RunRecords(lake, "r1")
    aged(lake, "raw/emails/whole.jsonl", "bronze/emails/done.parquet")
    named = Partition("emails", "whole", "raw/emails/whole.jsonl", 1, 1, "", "1-0")
    records.commit(Manifest("r1", "raw", {}, (), (Dataset("emails", "", (), (named,)),)))
    done = Partition("emails", "done", "bronze/emails/done.parquet", 1, 1, "", "1-0")
    lake.put("tasks/bronze/parse/x.json", Receipt("x", (done,), ()).to_json())
    records.close(Attempt("r1", "bronze", 1, "running", LONG_AGO, "here"), state="failed", finished_at=LONG_AGO)
    return lake


def test_a_lake_without_leftovers_says_so(lake):
    """What manifests name, and what receipts of an unfinished stage name, is needed."""
    assert look_for_leftovers(lake, now=NOW).startswith("1 runs, and nothing")


def test_defect_9_every_leftover_is_named_and_removed(lake):
    """Of an attempt and of its exchange; what is named stays."""
    left = [
        "bronze/_exchange/run=r1/split/a-1.arrow",
        "bronze/emails/old.parquet",
        "raw/emails/x.jsonl",
    ]
    aged(lake, *left)
    with pytest.raises(VerificationFailed, match="3 that are not") as told:
        look_for_leftovers(lake, now=NOW)
    assert all(key in str(told.value) for key in left)
    assert sorted(removed(lake, now=NOW).objects) == sorted(left)
    assert leftovers(lake) == ()
    assert lake.find("bronze/emails/done.parquet")
    assert lake.find("raw/emails/whole.jsonl")


def test_defect_9_a_draft_that_sigkill_left_is_named_and_removed(lake):
    """A writer that was killed leaves a hidden file; a young one may belong to a writer that lives."""
    child = subprocess.Popen([sys.executable, "-c", HANGS, str(lake.root)], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "writing\n"
    child.kill()
    child.wait()
    (draft,) = (path for path in (lake.root / "raw/emails").iterdir() if path.name.startswith("."))
    key = draft.relative_to(lake.root).as_posix()
    assert leftovers(lake) == ()
    os.utime(draft, (LONG_AGO_SECONDS, LONG_AGO_SECONDS))
    with pytest.raises(VerificationFailed, match="doctor --fix") as told:
        look_for_leftovers(lake, now=NOW)
    assert key in str(told.value)
    assert removed(lake, now=NOW).objects == (key,)
    assert not draft.exists()


def test_a_lake_with_a_damaged_manifest_is_not_judged(lake):
    """Nobody can say what that run needs, and runs share their objects."""
    aged(lake, "bronze/emails/old.parquet")
    lake.put("manifests/r1/raw.json", b"{")
    assert removed(lake, now=NOW).objects == ()
    with pytest.raises(UpstreamBroken, match=r"raw\.json"):
        leftovers(lake)


def test_what_a_receipt_of_a_committed_stage_names_stays(lake):
    """Killed after the commit, before it took its exchange away: the stage knows of it."""
    key = "raw/_exchange/run=r1/split/a-1.arrow"
    aged(lake, key)
    receipt = Receipt("x", (), (ExchangeRef("split", "a", key, {}),))
    lake.put("manifests/r1/receipts/raw/split/a.json", receipt.to_json())
    assert leftovers(lake) == ()


def test_nothing_young_is_a_leftover(lake):
    """It may belong to a task that is still at work."""
    for key in ("bronze/emails/new.parquet", "raw/emails/new.jsonl"):
        lake.put(key, b"1")
    assert leftovers(lake) == ()


def test_a_lake_that_does_not_answer_is_not_a_clean_one(lake, monkeypatch):
    """What could not be asked is said, not passed over."""
    aged(lake, "bronze/emails/old.parquet")

    def away(self, key):
        raise LakeUnavailable(key)

    monkeypatch.setattr(FolderLake, "find", away)
    with pytest.raises(LakeUnavailable):
        look_for_leftovers(lake, now=NOW)
