"""The services of a stack as real processes, on a real Prefect server and Dask cluster; only containers are missing.

The tests tell one story in order: a run whose worker was killed is brought to its end.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from distributed import Event
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName

from pqr_common.errors import LakeUnavailable, Transient, UpstreamBroken
from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, warehouse
from pqr_pipeline.command.main import main
from pqr_pipeline.containers import deployments, trigger
from pqr_pipeline.containers.deployed import Deployed
from pqr_pipeline.containers.serve import PIPELINE
from pqr_pipeline.embedded.prefect import prefect_server
from pqr_pipeline.embedded.process import free_port
from pqr_pipeline.flow import retries
from pqr_pipeline.flow.retries import prefect_session
from pqrs.parameters import Parameters

GRAPH = installed_graph()
pytestmark = [pytest.mark.integration, pytest.mark.services]

PATIENCE_SECONDS = 60.0
LEAST_SILENCE = timedelta(seconds=10)  # Prefect allows no less
SMALL = Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 1, 9), tickets_per_business_day=20)


def _until(true, what, patience=PATIENCE_SECONDS):
    deadline = time.monotonic() + patience
    while not (found := true()):
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return found


@dataclass
class Service:
    """One `serve` process and its children, in a process group of their own."""

    process: subprocess.Popen[str]
    port: int

    def get(self, path):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.read().decode()
        return ""


@dataclass
class Stack:
    """What a stack is made of, and the processes started so far."""

    settings: Settings
    url: str
    home: Path
    services: list[Service] = field(default_factory=list)

    @property
    def lake(self):
        return open_lake(self.settings.lake)

    def serve(self, *names):
        started = [self._start(name) for name in names]
        for service in started:
            _until(lambda s=service: s.get("/health") == "ok\n" or s.process.poll(), "a service did not become healthy")
        return started

    def _start(self, name):
        port = free_port()
        folder = self.home / f"service-{port}"
        folder.mkdir()
        environment = os.environ | {
            "PREFECT_API_URL": self.url,
            "PREFECT_WORKER_QUERY_SECONDS": "2",  # SQLite has one writer, and whoever asks for work writes that it did
            "PQR_HOME": str(self.home),
            "PQR_LAKE_URL": self.settings.lake_url,
            "PQR_POSTGRES_DSN": self.settings.postgres_dsn.get_secret_value(),
            "PQR_SCHEDULER": self.settings.scheduler,
            "PQR_METRICS_PORT": str(port),
            "TMPDIR": str(folder),
        }
        command = [sys.executable, "-m", "pqr_pipeline.containers.serve", name]
        log = (self.home / f"{name}-{port}.log").open("wb")
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        self.services.append(Service(process, port))
        return self.services[-1]

    def start(self, stage, run_id):
        """Ask for one stage of a run and wait until its attempt is open; gives the id of the flow run."""
        declare(self.lake, run_id, SMALL)
        with trigger.api_client(self.settings) as client:
            found = trigger._deployment(client, f"stage/{stage}")
            run = client.create_flow_run_from_deployment(found, parameters={"run_id": run_id, "stage": stage})
        _until(lambda: list(RunRecords(self.lake, run_id).attempts(stage)), f"{stage} of {run_id} did not start")
        return run.id

    def at_work(self):
        """The service that shows a stage in progress."""
        busy = 'pqr_stage_in_progress{stage="generator"} 1.0'
        return _until(lambda: next((s for s in self.services if busy in s.get("/metrics")), None), "none is at work")

    def reap_after(self, silence):
        name, (after, _) = next(iter(deployments.AUTOMATIONS.items()))
        with trigger.api_client(self.settings) as client:
            deployments._bring_automation(client, deployments.reaper(name, after, silence))

    def state(self, flow_run):
        with trigger.api_client(self.settings) as client:
            return client.read_flow_run(flow_run).state


@pytest.fixture(scope="module")
def deployed(platform, tmp_path_factory):
    """A Prefect server that knows the deployments, before any service asks it for work, as in a stack."""
    home = tmp_path_factory.mktemp("stack")
    with prefect_server(Settings.read(home=home)) as url:
        settings = platform.settings.with_(
            lake_url=(home / "lake").as_uri(), scheduler=platform.executor.client.scheduler.address, api_url=url
        )
        with prefect_session(url, {}):
            deployments.bootstrap()
        yield Stack(settings, url, home)


@pytest.fixture(scope="module")
def running(deployed):
    deployed.serve("generator", "generator", *GRAPH.stages[1:], PIPELINE)
    yield deployed
    for service in deployed.services:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait()


@pytest.fixture
def pqr(running, monkeypatch, capsys):
    """The command against the stack; gives exit code, stdout, stderr."""
    monkeypatch.setenv("PQR_API_URL", running.url)
    monkeypatch.setenv("PQR_HOME", str(running.home))
    monkeypatch.setenv("PQR_LAKE_URL", running.settings.lake_url)

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["pqr", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


@contextlib.contextmanager
def _busy(client):
    """Every worker of the cluster waits, so that a stage stays in its middle."""
    release = Event(client=client)
    waiting = [client.submit(Event.wait, release, pure=False) for _ in client.scheduler_info()["workers"]]
    try:
        yield
    finally:
        release.set()
        client.gather(waiting)


def test_bootstrap_twice_changes_nothing(deployed):
    """Deployments and automations keep their ids, and a schedule that a person switched on stays on."""
    with prefect_session(deployed.url, {}), trigger.api_client(deployed.settings) as client:

        def there():
            known = {d.id: (d.name, [s.active for s in d.schedules]) for d in client.read_deployments()}
            return known, sorted((a.name, a.id, a.trigger.within) for a in client.read_automations())

        pipeline = client.read_deployment_by_name(f"pqr/{PIPELINE}")
        assert [s.active for s in pipeline.schedules] == [False]
        client.update_deployment_schedule(pipeline.id, pipeline.schedules[0].id, active=True)
        before = there()
        deployments.bootstrap()
        assert there() == before
        assert before[0][pipeline.id] == (PIPELINE, [True])


def test_a_live_inbox_is_scheduled_as_the_setting_says(deployed):
    """An interval that is on, one run at a time; without the setting it is gone again."""
    with prefect_session(deployed.url, {}), trigger.api_client(deployed.settings) as client:

        def there():
            found = client.read_deployment_by_name(f"live/{PIPELINE}")
            limit, options = found.global_concurrency_limit, found.concurrency_options
            assert (limit.limit, str(options.collision_strategy.value)) == (1, "CANCEL_NEW")
            return [(s.schedule.interval, s.active) for s in found.schedules]

        assert there() == []
        deployments.bootstrap(inbox_speed=43_200)
        assert there() == [(timedelta(hours=12), True)]
        deployments.bootstrap()
        assert there() == []


def test_a_run_whose_worker_died_is_reaped(running, platform):
    """Nobody is left to report it: the server crashes it when its heartbeat stays away."""
    running.reap_after(LEAST_SILENCE)
    with _busy(platform.executor.client):
        run = running.start("generator", "r1")
        os.killpg(running.at_work().process.pid, signal.SIGKILL)
    assert running.state(run).is_running()
    running.serve("generator")
    _until(lambda: running.state(run).is_crashed(), "the run was not reaped")
    assert "Nothing was heard" in running.state(run).message
    running.reap_after(deployments.HEARTBEAT_WITHIN)


def test_two_workers_never_commit_one_stage_twice(running):
    """Two triggers at once: an attempt of its own each, one manifest, and the older attempt is fenced if it is slower."""
    with trigger.api_client(running.settings) as client, ThreadPoolExecutor(2) as pool:
        given = {"run_id": "r1", "stage": "generator"}
        following = trigger.Trigger(client, running.settings, lambda *_, **__: None)
        asked = functools.partial(following.carry_out, "stage/generator", given, what="r1")
        ends = [pool.submit(asked, name=f"r1-{n}") for n in range(2)]
        errors = [type(end.exception()).__name__ for end in ends if end.exception()]
    attempts = list(RunRecords(running.lake, "r1").attempts("generator"))
    assert attempts[0].error_type == "Lost"  # the one that was killed: its successor closed it
    assert {a.error_type for a in attempts[1:] if a.state == "failed"} == set(errors)
    assert set(errors) <= {"Fenced"}
    assert list(RunRecords(running.lake, "r1").manifests()) == ["raw"]


def test_retry_from_outside_brings_the_run_to_its_end(running, platform, pqr, tmp_path):
    """Each stage by its own service: the digests of an undisturbed run, published, recorded, and shown in Prefect."""
    code, out, err = pqr("--stack", "retry", "r1", "--json")
    assert code == 0, err
    calm = platform.in_lake(tmp_path.as_uri()).run("r1", SMALL, *GRAPH.stages[:-1])
    layers = RunRecords(running.lake, "r1").manifests()
    assert json.loads(out)["manifests"] == {name: m.digest for name, m in layers.items()}
    assert {name: layers[name].digest for name in calm} == {name: m.digest for name, m in calm.items()}
    assert warehouse().published(platform.dsn) == "r1"
    with psycopg.connect(platform.dsn) as connection:
        assert connection.execute("select state from meta.runs where run_id = 'r1'").fetchone() == ("completed",)
    with trigger.api_client(running.settings) as client:
        artifacts = client.read_artifacts()  # one an attempt: a fenced one may write its own after the last
        told = client.read_flow_runs(flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=["r1-record"])))
    assert told == []  # what was shown above the loader told: nobody had to be started for it
    for name, manifest in layers.items():
        shown = [artifact.data for artifact in artifacts if artifact.key == f"pqr-{name}"]
        assert any(manifest.digest in text and f"manifests/r1/{name}.json" in text for text in shown)


def test_the_live_deployment_adds_a_day_to_the_run_that_was_loaded_last(running, platform):
    """As its schedule asks for it: without parameters."""
    with trigger.api_client(running.settings) as client:
        trigger.Trigger(client, running.settings, lambda *_, **__: None).carry_out(
            f"live/{PIPELINE}", {}, what="a day", name="live"
        )
    following = Parameters.from_json(SMALL.to_json() | {"window_to": str(SMALL.window_to + timedelta(days=1))})
    assert warehouse().published(platform.dsn) == following.run_id
    assert RunRecords(running.lake, following.run_id).continues() == "r1"


@pytest.mark.parametrize(("error", "tries"), [(LakeUnavailable, 3), (UpstreamBroken, 1)])
def test_only_what_may_pass_is_tried_again(running, monkeypatch, error, tries):
    """A stage that fails twice for a reason that passes is done at the third try; any other reason ends the run."""
    monkeypatch.setattr(retries, "FIRST_RETRY_SECONDS", 0.05)
    tried = []

    def call():
        tried.append(1)
        if len(tried) < 3:
            raise error("What must be.")

    with prefect_session(running.url, {}), contextlib.suppress(UpstreamBroken):
        retries.run_flow("r0", {"bronze": call})
    assert len(tried) == tries


def test_a_stage_that_nobody_takes_is_told_at_once(running):
    """Its worker is missing: the error says which, and the run is not carried out later, when nobody waits for it."""
    settings = running.settings.with_(pickup_seconds=1)
    with trigger.api_client(settings) as client:
        deployments._bring_pool(client, "nobody")
        deployments._bring_deployment(client, Deployed("stage", "nobody", "nobody"))
        asking = trigger.Trigger(client, settings, lambda *_, **__: None)
        with pytest.raises(Transient, match=r"A worker of nobody must take gold of run r2 within 1 s, found none"):
            asking.carry_out("stage/nobody", {"run_id": "r2", "stage": "gold"}, what="gold of run r2", name="r2-nobody")
        (run,) = client.read_flow_runs(flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=["r2-nobody"])))
    assert run.state.is_cancelled()


def test_a_run_from_outside_is_not_published_where_that_was_not_asked(running, platform, pqr):
    """Nor told of in Postgres, which goes on to show what it showed; it can be published later."""
    asked = ("--from", "2026-01-01", "--to", "2026-01-08", "--opens-on", "2026-01-01", "--volume", "20")
    shown = warehouse().published(platform.dsn)
    code, out, err = pqr("--stack", "run", *asked, "--run-id", "aside", "--no-publish", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (list(told["manifests"]), told["replaced"]) == (list(GRAPH.layers[:-1]), None)
    assert warehouse().published(platform.dsn) == shown != "aside"
    with psycopg.connect(platform.dsn) as connection:
        assert connection.execute("select state from meta.runs where run_id = 'aside'").fetchone() is None
    states = {run["run_id"]: run["state"] for run in json.loads(pqr("--stack", "runs", "--json")[1])}
    assert (states["r1"], states["aside"]) == ("completed", f"waits for {GRAPH.stages[-1]}")


def test_a_stage_waits_for_a_worker_that_is_busy(running, platform):
    """Longer than a worker may be missing: both of the generator are at work, and the third run is done after them."""
    settings = running.settings.with_(pickup_seconds=1)
    declare(running.lake, "r6", SMALL)
    with ThreadPoolExecutor(1) as pool, trigger.api_client(settings) as client:
        asking = trigger.Trigger(client, settings, lambda *_, **__: None)
        given = {"run_id": "r6", "stage": "generator"}
        with _busy(platform.executor.client):
            running.start("generator", "r4")
            running.start("generator", "r5")
            end = pool.submit(asking.carry_out, "stage/generator", given, what="r6", name="r6-waits")
            time.sleep(5 * settings.pickup_seconds)
            assert not end.done()
            assert not list(RunRecords(running.lake, "r6").attempts("generator"))
        assert end.result().is_completed()


def test_an_error_in_a_service_ends_the_command_as_if_it_were_here(running, pqr):
    """One sentence and the error's own exit code, across two processes and a server."""
    declare(running.lake, "r2", SMALL)
    code, out, err = pqr("--stack", "stage", "gold", "r2")
    assert (code, out) == (3, "")
    assert re.search(r"silver layer of run r2.*run the stage", err.strip().splitlines()[-1])


def test_sigterm_ends_the_run_and_then_the_service(running, platform):
    """The attempt is closed and Prefect knows, before the process goes with code 0: another try may start at once."""
    with _busy(platform.executor.client):
        run = running.start("generator", "r3")
        service = running.at_work()
        service.process.terminate()
        assert service.process.wait(PATIENCE_SECONDS) == 0
    assert running.state(run).is_crashed()
    (attempt,) = RunRecords(running.lake, "r3").attempts("generator")
    assert (attempt.state, attempt.error_type) == ("failed", "TerminationSignal")
