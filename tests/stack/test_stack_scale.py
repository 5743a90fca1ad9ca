"""More of a service and more workers: one stage is still committed once, and Prometheus sees each replica."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from stack_containers import RUN_SECONDS, contents, until

from pqr_common.manifest.runs import RunRecords
from pqr_common.stage.discovery import declare, installed_stages

ROOT = Path(__file__).parents[2]
SCALE = {"silver": 3, "dask-worker": 4}
JOBS = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]


@pytest.fixture(scope="module")
def scaled(stack):
    """`up -d --scale`, with nothing else changed."""
    options = [part for service, count in SCALE.items() for part in ("--scale", f"{service}={count}")]
    stack.compose("up", "-d", "--wait", "--no-build", *options)
    return stack


def _asked(job):
    """The services a job of Prometheus asks."""
    targets = [target for static in job.get("static_configs", ()) for target in static["targets"]]
    named = [name for found in job.get("dns_sd_configs", ()) for name in found["names"]]
    return {target.rpartition(":")[0] for target in targets} | set(named)


def _up(stack):
    """By service, how its replicas answer: 1 or 0 each."""
    found: dict[str, list[str]] = {}
    for sample in stack.prometheus("up"):
        found.setdefault(sample["metric"]["service"], []).append(sample["value"][1])
    return found


def test_prometheus_sees_every_service(stack):
    """Every job has an answer from each service that it asks and that is there."""
    here = {container["Service"] for container in stack.ps()} | {"localhost"}
    expected = {job["job_name"] for job in JOBS if _asked(job) & here}
    up = "count by (job) (up) == sum by (job) (up)"
    until(lambda: {s["metric"]["job"] for s in stack.prometheus(up)} >= expected, f"not all of {expected} are up")
    asked = set().union(*(_asked(job) for job in JOBS if "dns_sd_configs" in job)) & here
    assert asked <= set(_up(stack))


def test_services_tell_how_their_stages_ended(stack):
    """Each of them, out of its child processes, in the service's own /metrics."""
    done = 'sum by (stage) (pqr_stage_runs_total{status="completed"}) > 0'
    until(
        lambda: {s["metric"]["stage"] for s in stack.prometheus(done)} == set(installed_stages()),
        "a stage's metrics are missing",
    )


def test_published_figures_are_metrics(stack):
    """The backlog and the breach ratio of the run that Postgres shows."""
    until(lambda: stack.prometheus("pqr_backlog_tickets > 0"), "no backlog in the metrics")
    assert stack.prometheus("pqr_breach_ratio > 0")


def test_each_replica_is_seen(scaled):
    """Three of silver and four workers, by the addresses that their name resolves to."""
    wanted = {service: ["1"] * count for service, count in SCALE.items()}
    until(lambda: wanted.items() <= _up(scaled).items(), f"{SCALE} are not all up")
    workers = "sum(dask_scheduler_workers)"
    until(lambda: scaled.prometheus(workers)[0]["value"][1] == str(SCALE["dask-worker"]), "not all workers joined")


def test_two_workers_never_commit_one_stage_twice(scaled, calm):
    """Asked for twice at once, two replicas carry it out side by side: the newest attempt commits, once."""
    run_id, like = "twice", next(iter(calm.runs))
    declare(scaled.lake(), run_id, RunRecords(calm.lake, like).parameters())
    for stage in ("generator", "bronze"):
        assert scaled.pqr("stage", stage, run_id).returncode == 0
    with scaled.held():
        asked = [scaled.start("stage", "silver", run_id) for _ in range(2)]
        until(lambda: len(scaled.attempts(run_id, "silver")) == len(asked), "silver did not start twice")
        assert scaled.committed(run_id, "silver") is None
    for process in asked:
        process.communicate(timeout=RUN_SECONDS)
    older, newer = scaled.attempts(run_id, "silver")
    assert older.host != newer.host
    assert (older.state, older.error_type, newer.state) == ("failed", "Fenced", "completed")
    assert sorted(process.returncode for process in asked) == [0, 5]
    assert contents(scaled.lake(), run_id)["silver"] == contents(calm.lake, like)["silver"]
