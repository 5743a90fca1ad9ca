"""`pqr remove`: the records of a run go, from its end to its beginning, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from retained import data, declared, forget_gate, killed_everywhere, made, missing, ran

from pqr_common.errors import InvalidSettings, UnknownRun
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.layout import run_key
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.stage import gate
from pqr_pipeline.retention.remove import remove


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """A run of two days, and one that goes on from it."""
    monkeypatch.setattr(gate, "CONFIRM_SECONDS", 0.0)
    lake = FolderLake(tmp_path / "lake")
    ran(lake, "two", days=2)
    ran(lake, "three", days=3, continues="two")
    return lake


def test_a_run_is_removed_and_its_data_stays(lake):
    """And what it was is said; the run that goes on from it has all it names."""
    before = data(lake)
    gone = remove(lake, "two", published="three")
    assert (gone.run_id, gone.manifests, gone.attempts) == ("two", 2, 2)
    assert run_ids(lake) == ["three"]
    assert [key for key in lake.keys("manifests") if "/two/" in key] == []
    assert data(lake) == before
    assert missing(lake) == set()
    with pytest.raises(UnknownRun, match="pqr runs"):
        remove(lake, "two", published=None)


def test_the_run_that_is_shown_and_one_under_way_are_refused(lake):
    """In one sentence, and nothing of them is touched."""
    with pytest.raises(InvalidSettings, match="Postgres shows it"):
        remove(lake, "two", published="two")
    RunRecords(lake, "two").claim("bronze", started_at=datetime.now(UTC).isoformat(), host="here")
    with pytest.raises(InvalidSettings, match="bronze attempt 2 of run two"):
        remove(lake, "two", published=None)
    assert len(RunRecords(lake, "two").manifests()) == 2
    assert remove(lake, "three", published="two")


def test_a_run_that_cannot_be_read_can_be_removed(lake):
    """It is of no other use."""
    lake.put(run_key("two"), b"{")
    lake.put("manifests/two/raw.json", b"{")
    assert remove(lake, "two", published=None).manifests == 2
    assert run_ids(lake) == ["three"]


def test_killed_anywhere_the_run_is_incomplete_and_can_be_removed_again(lake):
    """Layers go from the last to the first; what it is goes last, so it is known until then."""
    seen = set()
    for copy in killed_everywhere(lake, lambda dying: remove(dying, "two", published=None)):
        assert missing(copy) == set()
        if "two" in run_ids(copy):
            layers = tuple(RunRecords(copy, "two").manifests())
            seen.add(layers)
            assert layers == ("raw", "bronze")[: len(layers)]
            forget_gate(copy)
            remove(copy, "two", published=None)
        assert [key for key in copy.keys("manifests") if "/two/" in key] == []
    assert seen == {("raw", "bronze"), ("raw",), ()}


def test_a_run_that_lost_its_last_layers_can_be_made_whole_again(lake):
    """As long as its data is there nothing is worked again."""
    lake.delete("manifests/two/bronze.json")
    made(lake, "two")
    assert list(RunRecords(lake, "two").attempts("bronze"))[-1].tasks_reused == 2


def test_a_run_goes_on_without_the_run_that_it_continued(lake):
    """Its base is a hint."""
    declared(lake, "four", days=4, continues="two")
    made(lake, "four", *())
    remove(lake, "two", published=None)
    declared(lake, "five", days=5, continues="two")
    made(lake, "five")
    assert RunRecords(lake, "five").upstream("bronze").dataset("sorted").rows == 5
