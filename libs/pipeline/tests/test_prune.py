"""`pqr prune`: what no kept run names goes, and never anything else, whatever is killed and whoever works beside it."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from retained import (
    FIRST,
    beside_every_call,
    data,
    declared,
    everything,
    forget_gate,
    killed_everywhere,
    made,
    missing,
    ran,
    soon,
)

from pqr_common.errors import InvalidSettings, Transient, UnknownRun, UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.layout import GATE
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.stage import gate, reuse, worker
from pqr_pipeline.retention.keep import superseded
from pqr_pipeline.retention.prune import prune
from pqr_pipeline.retention.remove import remove

SLOW = """
import sys, time
from datetime import datetime
from pathlib import Path
from pqr_common.lake.folder import FolderLake
from pqr_pipeline.retention.prune import prune

class Slow(FolderLake):
    def delete(self, key):
        super().delete(key)
        if key.startswith(sys.argv[3]):
            print(key, flush=True)
            time.sleep(60)

prune(Slow(Path(sys.argv[1])), keep=1, published=None, now=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """Runs of one inbox, each a day longer than the one before; and one of another inbox."""
    monkeypatch.setattr(gate, "CONFIRM_SECONDS", 0.0)
    lake = FolderLake(tmp_path / "lake")
    for days in (1, 2, 4):
        ran(lake, f"days-{days}", days=days)
    ran(lake, "other", days=1, seed=2)
    return lake


def kept(lake, *, keep, published=None, now=None):
    gone = superseded(lake, keep=keep, published=published, now=now or datetime.now(UTC))
    return sorted(set(run_ids(lake)) - set(gone))


def test_of_each_inbox_the_runs_that_go_furthest_stay(lake):
    """And the one that is shown, and one under way, and of two for the same days one."""
    assert kept(lake, keep=1) == ["days-4", "other"]
    assert kept(lake, keep=2) == ["days-2", "days-4", "other"]
    assert kept(lake, keep=9) == run_ids(lake)
    assert kept(lake, keep=1, published="days-1") == ["days-1", "days-4", "other"]
    RunRecords(lake, "days-2").claim("bronze", started_at=datetime.now(UTC).isoformat(), host="here")
    assert kept(lake, keep=1) == ["days-2", "days-4", "other"]
    ran(lake, "twin", days=4)
    assert kept(lake, keep=1) == ["days-2", "other", "twin"]
    with pytest.raises(InvalidSettings, match="--keep must be at least 1"):
        kept(lake, keep=0)


def test_a_run_that_is_not_complete_takes_nobodys_place(lake):
    """It may never become complete; until an hour has gone by its next stage may be about to begin."""
    declared(lake, "days-6", days=6)
    made(lake, "days-6", FIRST)
    declared(lake, "days-3", days=3)
    assert kept(lake, keep=1) == ["days-3", "days-4", "days-6", "other"]
    assert kept(lake, keep=1, now=soon()) == ["days-4", "days-6", "other"]


def test_without_a_number_only_what_no_run_names_goes(lake):
    """Nothing while every run stays; a day that no other run has, once its run was removed; receipts with it."""
    assert prune(lake, keep=None, published=None, now=soon()).objects == ()
    remove(lake, "days-4", published=None)
    receipts = len(list(lake.keys("tasks")))
    assert prune(lake, keep=None, published=None, now=datetime.now(UTC)).objects == (), "within the grace time"
    said = prune(lake, keep=None, published=None, now=soon(), is_dry_run=True)
    assert len(said.objects) == 4, "days 3 and 4 of both layers"
    assert set(said.objects) < data(lake)
    size = sum(map(lake.size, said.objects))
    gone = prune(lake, keep=None, published=None, now=soon())
    assert gone == said
    assert (gone.bytes, gone.receipts) == (size, 4)
    assert len(list(lake.keys("tasks"))) == receipts - 4
    assert missing(lake) == set()
    assert lake.find(GATE) is None
    ran(lake, "again", days=4)
    assert missing(lake) == set()


def test_a_dry_run_says_what_goes_and_touches_nothing(lake):
    """The runs too."""
    before = everything(lake)
    said = prune(lake, keep=1, published=None, now=soon(), is_dry_run=True)
    assert said.runs == ("days-1", "days-2")
    assert everything(lake) == before
    assert prune(lake, keep=1, published=None, now=soon()) == said
    assert run_ids(lake) == ["days-4", "other"]


def test_what_an_unfinished_run_may_find_made_stays(lake):
    """Its tasks that were done; another run may have been removed meanwhile."""
    remove(lake, "days-4", published=None)
    RunRecords(lake, "days-2").close(
        RunRecords(lake, "days-2").claim("generator", started_at="2026-01-01T00:00:00Z", host="here"), state="failed"
    )
    lake.delete("manifests/days-2/raw.json")
    gone = prune(lake, keep=None, published=None, now=soon())
    assert {key.split("/")[0] for key in gone.objects} == {"bronze"}
    assert missing(lake) == set()


def test_a_damaged_manifest_stops_the_sweep(lake):
    """It may name anything."""
    remove(lake, "days-4", published=None)
    lake.put("manifests/days-2/raw.json", b"{")
    before = everything(lake)
    with pytest.raises(UpstreamBroken, match=r"days-2/raw\.json"):
        prune(lake, keep=None, published=None, now=soon())
    assert everything(lake) == before


def test_while_a_stage_is_at_work_the_objects_are_left_alone(lake):
    """And it is said which."""
    remove(lake, "days-4", published=None)
    declared(lake, "new", days=3)
    RunRecords(lake, "new").claim("generator", started_at=datetime.now(UTC).isoformat(), host="here")
    before = everything(lake)
    gone = prune(lake, keep=None, published=None, now=soon())
    assert (gone.objects, gone.waits_for) == ((), "generator of run new")
    assert everything(lake) == before


def test_killed_anywhere_prune_harms_nobody_and_is_gone_on_with(lake):
    """After each call that it makes: no kept run lacks anything, and the next prune ends where a whole one does."""
    ends = []
    for copy in killed_everywhere(lake, lambda dying: prune(dying, keep=1, published=None, now=soon())):
        assert missing(copy) == set()
        forget_gate(copy)
        prune(copy, keep=1, published=None, now=soon())
        ends.append(everything(copy))
    assert len(ends) > 50
    assert all(end == ends[-1] for end in ends)


@pytest.mark.parametrize("folder", ["manifests/days-1/bronze", "manifests/days-1/run", "tasks", "raw", "bronze"])
def test_sigkill_in_the_middle_leaves_a_lake_to_go_on_with(lake, folder):
    """The gate it leaves holds stages up for ten minutes and no longer."""
    remove(lake, "days-4", published=None)
    arguments = [sys.executable, "-c", SLOW, str(lake.root), soon().isoformat(), folder]
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline().startswith(folder)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert missing(lake) == set()
    declared(lake, "new", days=4)
    with pytest.raises(Transient, match="ten minutes after it was killed"):
        made(lake, "new")
    forget_gate(lake)
    made(lake, "new")
    prune(lake, keep=1, published=None, now=soon())
    assert missing(lake) == set()
    assert run_ids(lake) == ["new", "other"]


def test_a_stage_beside_each_step_of_a_sweep_names_nothing_that_goes(lake):
    """It begins and ends between two calls of the sweeper: it is refused, or the sweeper sees it in time."""
    shutil.rmtree(lake.root)
    ran(lake, "one", days=1)
    ran(lake, "two", days=2)
    remove(lake, "two", published=None)
    declared(lake, "new", days=2, continues="one")
    ends = []

    def work(one):
        try:
            made(one, "new")
        except Transient:
            ends.append("refused")
        else:
            ends.append("done")

    for copy in beside_every_call(lake, lambda one: prune(one, keep=None, published=None, now=soon()), work):
        assert missing(copy) == set()
        made(copy, "new")
        assert missing(copy) == set()
    assert set(ends) == {"refused", "done"}


def test_a_sweep_beside_each_step_of_a_stage_takes_nothing_it_names(lake, monkeypatch):
    """The run that it goes on from is removed and swept between two of its calls, if it may be."""
    shutil.rmtree(lake.root)
    ran(lake, "base", days=1)
    declared(lake, "new", days=2, continues="base")
    swept = []

    def sweep(one):
        remove(one, "base", published=None)
        swept.append(len(prune(one, keep=None, published=None, now=soon()).objects))

    def work(one):
        for module in (worker, reuse):
            monkeypatch.setattr(module, "worker_lake", lambda _location: one)
        made(one, "new")

    for copy in beside_every_call(lake, work, sweep):
        assert missing(copy) == set()
        assert RunRecords(copy, "new").upstream("bronze").dataset("sorted").rows == 2
    assert len(swept) > 30
    assert 0 in swept


def _patiently(act, counted):
    """As the flow does: what may pass is tried again."""
    while True:
        try:
            return act()
        except Transient:
            counted["refused"] += 1
            time.sleep(random.uniform(0, 0.005))


def _work(lake, number, counted):
    for turn in range(20):
        run_id = f"w{number}-{turn}"
        declared(lake, run_id, days=random.randint(1, 6), seed=number, continues=f"w{number}-{turn - 1}")
        try:
            _patiently(lambda run_id=run_id: made(lake, run_id), counted)
        except (UnknownRun, UpstreamBroken) as error:  # pruned between two stages: to the sweepers an hour went by
            if not any(said in str(error) for said in ("started before", "committed first")):
                raise
        else:
            counted["runs"] += 1


def _sweep(lake, is_over, counted):
    while not is_over.is_set():
        try:
            pruned = prune(FolderLake(lake.root), keep=1, published=None, now=soon())
        except (Transient, InvalidSettings):
            counted["beaten"] += 1  # another sweeper, or a run that began meanwhile
        else:
            counted["swept"] += len(pruned.objects)
            counted["waited"] += pruned.waits_for is not None
        time.sleep(random.uniform(0, 0.02))


def test_beside_working_stages_no_manifest_names_what_is_gone(lake):
    """Two that make runs of the same days again and again, two that prune all but the longest: every object is there."""
    shutil.rmtree(lake.root)
    counted = dict.fromkeys(("runs", "refused", "beaten", "swept", "waited"), 0)
    is_over = threading.Event()
    sweepers = [threading.Thread(target=_sweep, args=(lake, is_over, counted)) for _ in range(2)]
    workers = [threading.Thread(target=_work, args=(lake, number, counted)) for number in (1, 2)]
    for thread in (*sweepers, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    is_over.set()
    for thread in sweepers:
        thread.join()
    assert missing(lake) == set()
    assert min(counted["runs"], counted["swept"], counted["waited"] + counted["refused"]) > 0, counted
