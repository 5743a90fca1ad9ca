"""Stages meet faults: each cell ends in the digests and rows of a clean run, by itself or by one stated command."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from fault_cells import RUN, TooLate
from fault_matrix import MET, NAMED, REDUCED, SEED
from fault_page import Result

pytestmark = pytest.mark.integration

DASK_LOOKS_AGAIN_SECONDS = 15  # after a worker's death, by itself
TRIES = 6  # each at half the moment of the one before


def _named(cell):
    return "-".join(cell).replace(" ", "_")


def _filled(cell, fault):
    """Let it happen, mend it, and look."""
    ended = fault.inject(cell)
    with ended.during:
        if ended.is_command:
            retry = cell.command("retry", RUN)
            said = retry.communicate(timeout=120)[1]
            assert retry.returncode == 0, said
        else:
            cell.retry()
    seconds = time.monotonic() - ended.at
    return Result(cell.share, ended.outcome, ended.mended_by, seconds, tuple(cell.differing()))


def _met(house, name, stage, place):
    """The cell, again at an earlier moment where the stage was over before the fault came."""
    house.measure(place)
    chance = random.Random(f"{SEED} {name} {stage} {place}")
    share = chance.random()
    for _ in range(TRIES):
        print(f"PQR_FAULT_SEED={SEED}: {name}, {stage}, {place}, at {share:.3f} of the stage")
        try:
            with house.cell(stage, place) as cell:
                cell.chance, cell.share = chance, share
                return _filled(cell, NAMED[name])
        except TooLate:
            share /= 2
    return pytest.fail(f"{stage} was always over before: {name}")


@pytest.mark.faults
@pytest.mark.parametrize(("name", "stage", "place"), MET, ids=map(_named, MET))
def test_a_stage_that_meets_a_fault_ends_like_an_undisturbed_one(name, stage, place, house, page):
    """The whole matrix, as docs/faults.md has it."""
    result = _met(house, name, stage, place)
    page.keep((name, stage, place), result)
    assert result.differing == ()


@pytest.mark.parametrize(("name", "stage", "place"), REDUCED, ids=map(_named, REDUCED))
def test_each_stage_withstands_one_fault(name, stage, place, house):
    """A cell a stage, for every day."""
    assert _met(house, name, stage, place).differing == ()


@pytest.mark.faults
def test_a_worker_that_is_killed_twice_comes_back_twice(house):
    """Dask looks again some time after a death; a worker that is away just then, for a second one, is not given up."""
    client = house.executor.client
    client.wait_for_workers(2, timeout=60)
    for _ in range(2):
        os.kill(client.cluster.workers[0].pid, signal.SIGKILL)
        time.sleep(DASK_LOOKS_AGAIN_SECONDS - 0.5)
    client.wait_for_workers(2, timeout=60)
