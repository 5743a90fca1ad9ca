"""What breaks in a running stack, at the moment it hurts; each time the run ends as if nothing had been.

Nothing is done by hand but `pqr retry`, at most once. A container is crashed from inside, so that the engine starts it
again by its policy, as it would after a crash of its own.
"""

from __future__ import annotations

import json
import time

import psycopg
import pytest
from stack_containers import RUN_SECONDS, contents, until

from pqr_common.stage.discovery import installed_graph, warehouse

OUTAGE_SECONDS = 20
COPIES_WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'pqr_loader'"


class Disturbed:
    """A run of the stack that something happens to; it is not the one Postgres shows, so there is all to load."""

    def __init__(self, stack, calm, run_id):
        self.stack, self.run_id, self.calm = stack, run_id, calm
        shown = contents(stack.lake(), warehouse().published(stack.dsn))
        self.like = next(name for name in calm.runs if contents(calm.lake, name)["gold"] != shown["gold"])
        self.process = stack.start("run", "--run-id", run_id, *calm.runs[self.like], "--json")

    def in_the_middle_of(self, stage):
        """Wait until the stage has opened its attempt, and give it; call it where the stage cannot end."""
        found = until(lambda: self.stack.attempts(self.run_id, stage), f"{stage} of {self.run_id} did not start")
        assert self.stack.committed(self.run_id, installed_graph().layer_of(stage)) is None
        return found[-1]

    def after(self, stage):
        layer = installed_graph().layer_of(stage)
        until(lambda: self.stack.committed(self.run_id, layer), f"{layer} of {self.run_id} was not committed")

    def attempts(self, stage):
        return [(attempt.state, attempt.error_type) for attempt in self.stack.attempts(self.run_id, stage)]

    def ends_like_an_undisturbed_run(self):
        """The same rows in every layer and in Postgres; gives how often a person had to retry."""
        out, err = self.process.communicate(timeout=RUN_SECONDS)
        if retries := int(self.process.returncode != 0):
            ended = self.stack.pqr("retry", self.run_id, "--json")
            assert ended.returncode == 0, err + ended.stderr
            out = ended.stdout
        assert set(json.loads(out)["manifests"]) == set(installed_graph().layers)
        assert contents(self.stack.lake(), self.run_id) == contents(self.calm.lake, self.like)
        assert warehouse().published(self.stack.dsn) == self.run_id
        assert warehouse().differences(self.stack.lake(), self.run_id, self.stack.dsn) == []
        return retries


@pytest.fixture
def disturbed(request, stack, calm, say):
    """Starts a run named after the test; says at the end how long it took, fault and all."""
    started = time.monotonic()
    run = Disturbed(stack, calm, request.node.name.removeprefix("test_").replace("_", "-"))
    yield run
    if run.process.poll() is None:
        run.process.kill()
        run.process.communicate()
    say(f"measured {run.run_id}: {time.monotonic() - started:.0f} s")


def test_a_service_killed_mid_stage(disturbed, stack):
    """Its container starts again; Prefect hears no more of the run, and the parent tries the stage once more."""
    disturbed.after("bronze")
    with stack.held():
        attempt = disturbed.in_the_middle_of("silver")
        stack.crash("silver", attempt.host).fire()
    assert disturbed.ends_like_an_undisturbed_run() == 0
    assert disturbed.attempts("silver") == [("failed", "Lost"), ("completed", None)]


def test_a_dask_worker_killed_mid_stage(disturbed, stack):
    """With tasks done, under way and waiting: the other worker takes them over, within the same attempt."""
    disturbed.after("silver")
    crash = stack.crash("dask-worker")
    with stack.held():
        disturbed.in_the_middle_of("gold")
    until(lambda: stack.receipts(disturbed.run_id, "gold"), "no task of gold was done", pause=0.01)
    assert stack.committed(disturbed.run_id, "gold") is None
    crash.fire()
    assert disturbed.ends_like_an_undisturbed_run() == 0
    assert disturbed.attempts("gold") == [("completed", None)]
    until(lambda: stack.is_healthy("dask-worker"), "the worker did not start again")


def test_postgres_restarted_during_the_load(disturbed, stack):
    """With a copy under way on an open connection; Prefect's own database is gone with it for the while."""
    disturbed.after("gold")
    blocking, watching = psycopg.connect(stack.dsn), psycopg.connect(stack.dsn, autocommit=True)
    blocking.execute("lock table meta.staged in access exclusive mode")
    until(lambda: watching.execute(COPIES_WAITING).fetchone()[0], "no copy came to wait")
    disturbed.in_the_middle_of("loader")
    stack.compose("restart", "db")
    blocking.close()
    watching.close()
    assert disturbed.ends_like_an_undisturbed_run() <= 1
    assert disturbed.attempts("loader")[-1] == ("completed", None)
    assert len(disturbed.attempts("loader")) > 1


def test_the_object_store_stopped_for_twenty_seconds(disturbed, stack):
    """Longer than a request is tried again: the attempt fails, and the next one goes on."""
    disturbed.after("generator")
    with stack.held():
        disturbed.in_the_middle_of("bronze")
        stack.compose("stop", "rustfs")
    time.sleep(OUTAGE_SECONDS)
    stack.compose("start", "rustfs")
    assert disturbed.ends_like_an_undisturbed_run() <= 1
    assert disturbed.attempts("bronze")[-1] == ("completed", None)
