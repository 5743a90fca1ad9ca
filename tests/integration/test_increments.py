"""A run that is made of increments is the run that is made at once: whatever the cut, whatever happens on the way."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import SecretStr

from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqrs.parameters import Parameters

pytestmark = pytest.mark.integration

SCHEDULES = int(os.environ.get("PQR_SCHEDULES", "12"))  # how many a minute of `make test` holds
SCHEDULE_SECONDS = 30  # at most, on a busy machine
INBOX = Parameters.create(
    seed=11, window_from=date(2026, 1, 5), window_to=date(2026, 2, 8), opens_on=date(2026, 1, 1),
    tickets_per_business_day=12,
)  # fmt: skip
LAYERS = ("raw", "bronze", "silver", "gold")
schedules = st.sets(st.sampled_from(INBOX.days[:-1]), max_size=4).map(lambda ends: (*sorted(ends), INBOX.window_to))


class Killed(BaseException):
    """What no code of ours catches, as nothing runs after SIGKILL."""


@contextmanager
def place():
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder, "lake")
        yield FolderLake(lake), Settings(lake_url=lake.as_uri(), home=Path(folder))


def advance(lake, settings, parameters):
    """Bring a run of these parameters to its gold layer; gives its manifests."""
    run_id = parameters.run_id
    declare(lake, run_id, parameters)
    for name in installed_graph().stages[: len(LAYERS)]:
        run_stage(stage_named(name), run_id, lake=lake, settings=settings, executor=Inline())
    return RunRecords(lake, run_id).manifests()


def made_at_once(parameters=INBOX):
    with place() as (lake, settings):
        return advance(lake, settings, parameters)


def contents(manifests):
    return {f"{layer}/{d.name}": d.content_digest for layer, m in manifests.items() for d in m.datasets}


def digests(manifests):
    return {layer: manifest.digest for layer, manifest in manifests.items()}


@pytest.fixture(scope="module")
def whole():
    return made_at_once()


@pytest.mark.timeout(max(300, SCHEDULES * SCHEDULE_SECONDS))
@examples(max_examples=SCHEDULES, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(ends=schedules)
def test_any_cut_of_the_window_gives_the_run_that_is_made_at_once(whole, ends):
    """Each increment keeps what the one before it made, and its receipt adds up to what it is."""
    with place() as (lake, settings):
        for before, end in zip((None, *ends), ends, strict=False):
            made = advance(lake, settings, replace(INBOX, window_to=end))
            for manifest in made.values():
                continued = manifest.continues and manifest.continues.manifest
                assert continued == (before and replace(INBOX, window_to=before).run_id)
                for dataset in manifest.datasets:
                    assert dataset.change is None or dataset.change.after == dataset.content_digest
    assert contents(made) == contents(whole)
    assert digests(made) == digests(whole)


@pytest.mark.timeout(max(300, SCHEDULES * SCHEDULE_SECONDS))
@examples(max_examples=SCHEDULES, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(ends=schedules, deaths=st.lists(st.integers(0, 60), min_size=1, max_size=3))
def test_a_kill_between_or_inside_increments_changes_nothing(whole, ends, deaths):
    """The lake takes so many objects and then the process is gone; whoever comes next goes on from there."""
    written, limits, put, put_new = 0, list(deaths), FolderLake.put, FolderLake.put_new

    def counting(writes):
        def write(self, key, data):
            nonlocal written
            if limits and written >= limits[0]:
                raise Killed
            written += 1
            return writes(self, key, data)

        return write

    with place() as (lake, settings), pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderLake, "put", counting(put))
        patch.setattr(FolderLake, "put_new", counting(put_new))
        for end in ends:
            made = None
            while made is None:
                try:
                    made = advance(lake, settings, replace(INBOX, window_to=end))
                except Killed:
                    limits.pop(0)
                    written = 0
    assert digests(made) == digests(whole)


def test_days_that_come_later_than_their_followers_give_the_same_run(whole):
    """First the last week alone, then the whole window: the days that are there are not made again."""
    with place() as (lake, settings):
        later = advance(lake, settings, replace(INBOX, window_from=INBOX.window_to - timedelta(days=6)))
        made = advance(lake, settings, INBOX)
    assert digests(made) == digests(whole)
    shared = {part.path for part in later["bronze"].dataset("emails").partitions}
    assert shared <= {part.path for part in made["bronze"].dataset("emails").partitions}


def test_a_run_goes_on_from_the_furthest_that_made_anything():
    """One that was declared and made nothing is passed over, though it goes further."""
    with place() as (lake, settings):
        first, second = (replace(INBOX, window_to=INBOX.days[day]) for day in (2, 9))
        for parameters in (first, second):
            declare(lake, parameters.run_id, parameters)
            run_stage(stage_named("generator"), parameters.run_id, lake=lake, settings=settings, executor=Inline())
        third = replace(INBOX, window_to=INBOX.days[20])
        declare(lake, third.run_id, third)
        declare(lake, INBOX.run_id, INBOX)
        assert RunRecords(lake, third.run_id).continues() == second.run_id
        assert RunRecords(lake, INBOX.run_id).continues() == second.run_id


def test_a_base_of_other_settings_is_not_gone_on_from(whole):
    """Another key gives other pseudonyms: silver begins anew, and bronze, which knows no key, goes on."""
    with place() as (lake, settings):
        advance(lake, settings, replace(INBOX, window_to=INBOX.days[20]))
        made = advance(lake, settings.with_(pseudonym_key=SecretStr("another key of thirty-two letters")), INBOX)
    assert made["bronze"].continues is not None
    assert made["silver"].continues is None
    assert contents(made)["silver/tickets"] != contents(whole)["silver/tickets"]
    assert made["gold"].dataset("kpi_daily").content_digest == whole["gold"].dataset("kpi_daily").content_digest


def test_an_increment_writes_little_besides_its_days(whole):
    """The second run of a chain puts objects of its new days; what the first has is named and not copied."""
    with place() as (lake, settings):
        advance(lake, settings, replace(INBOX, window_to=INBOX.days[-2]))
        before = sum(1 for layer in LAYERS[:2] for _ in lake.keys(layer))
        made = advance(lake, settings, INBOX)
        after = sum(1 for layer in LAYERS[:2] for _ in lake.keys(layer))
    day = INBOX.window_to.isoformat()
    new = [part for layer in LAYERS[:2] for part in made[layer].partitions if part.key.startswith(day)]
    assert after - before == len(new) == 4
