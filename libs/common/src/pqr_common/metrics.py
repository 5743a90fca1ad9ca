"""Every metric of the platform, declared once. Recording may fail quietly; it never fails a run."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import ParamSpec

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pqr_common.catalogue import PQRS_TYPES
from pqr_common.plan import Verdict

__all__ = ["METRICS", "REGISTRY", "StageMetrics", "published"]

REGISTRY = CollectorRegistry()
DURATION_BUCKETS_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

_stage_runs = Counter("pqr_stage_runs", "Runs of a stage by how they ended", ["stage", "status"], registry=REGISTRY)
_stage_duration = Histogram(
    "pqr_stage_duration_seconds",
    "Wall time of a stage's attempt",
    ["stage"],
    buckets=DURATION_BUCKETS_SECONDS,
    registry=REGISTRY,
)
_stage_in_progress = Gauge(
    "pqr_stage_in_progress", "Attempts running now", ["stage"], registry=REGISTRY, multiprocess_mode="livesum"
)
_rows = Counter("pqr_rows", "Rows by what became of them", ["stage", "dataset", "outcome"], registry=REGISTRY)
_bytes = Counter("pqr_bytes", "Bytes read from and written to the lake", ["stage", "direction"], registry=REGISTRY)
_partitions = Counter(
    "pqr_partitions", "Tasks by what they were: new, changed or unchanged", ["stage", "outcome"], registry=REGISTRY
)
_retries = Counter(
    "pqr_retries", "Attempts after the first, by the error before", ["stage", "reason"], registry=REGISTRY
)
_checks = Counter("pqr_checks", "Checks by how they ended", ["stage", "check", "status"], registry=REGISTRY)
_last_success = Gauge(
    "pqr_last_success_timestamp_seconds",
    "Unix time of the last committed run",
    ["stage"],
    registry=REGISTRY,
    multiprocess_mode="max",
)
_backlog = Gauge(
    "pqr_backlog_tickets",
    "Tickets of the published run that wait for an answer: all open ones, and the overdue among them",
    ["pqrs_type", "state"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
_breach_ratio = Gauge(
    "pqr_breach_ratio",
    "Breached over due tickets of the published run; NaN where none was due",
    ["pqrs_type"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
_published_at = Gauge(
    "pqr_published_timestamp_seconds",
    "Unix time at which the run that readers see was published",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)

METRICS = (
    _stage_runs,
    _stage_duration,
    _stage_in_progress,
    _rows,
    _bytes,
    _partitions,
    _retries,
    _checks,
    _last_success,
    _backlog,
    _breach_ratio,
    _published_at,
)

P = ParamSpec("P")


def _quietly(record: Callable[P, None]) -> Callable[P, None]:
    @wraps(record)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> None:
        with contextlib.suppress(Exception):  # a full disk under the metrics must not stop the data
            record(*args, **kwargs)

    return quiet


class StageMetrics:
    """The metrics of one stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    @_quietly
    def announced(self, datasets: Iterable[str]) -> None:
        """Begin at zero whatever has known labels: a counter that is born with its first event hides that event."""
        for status in ("completed", "failed"):
            _stage_runs.labels(self.stage, status)
        _stage_duration.labels(self.stage)
        for dataset in datasets:
            self.rows(dataset, accepted=0, rejected=0)
        for verdict in Verdict:
            _partitions.labels(self.stage, verdict)
        for direction in ("read", "written"):
            _bytes.labels(self.stage, direction)

    @_quietly
    def started(self) -> None:
        _stage_in_progress.labels(self.stage).inc()

    @_quietly
    def retried(self, reason: str) -> None:
        _retries.labels(self.stage, reason).inc()

    @_quietly
    def task_done(self, *, outcome: str, bytes_read: int, bytes_written: int) -> None:
        _partitions.labels(self.stage, outcome).inc()
        _bytes.labels(self.stage, "read").inc(bytes_read)
        _bytes.labels(self.stage, "written").inc(bytes_written)

    @_quietly
    def rows(self, dataset: str, *, accepted: int, rejected: int) -> None:
        _rows.labels(self.stage, dataset, "accepted").inc(accepted)
        _rows.labels(self.stage, dataset, "rejected").inc(rejected)

    @_quietly
    def checked(self, check: str, status: str) -> None:
        _checks.labels(self.stage, check, status).inc()

    @_quietly
    def ended(self, *, status: str, seconds: float, now: float) -> None:
        _stage_in_progress.labels(self.stage).dec()
        _stage_runs.labels(self.stage, status).inc()
        _stage_duration.labels(self.stage).observe(seconds)
        if status == "completed":
            _last_success.labels(self.stage).set(now)


@_quietly
def published(backlog: Mapping[tuple[str, str], int], breach_ratio: Mapping[str, float], *, at: float) -> None:
    """Show the published run: waiting tickets by (type, open or overdue), the breach ratio by type, since when.

    What an earlier run had and this one has not is none: no process can take back what another one said.
    """
    for pqrs_type in PQRS_TYPES:
        for state in ("open", "overdue"):
            _backlog.labels(pqrs_type, state).set(backlog.get((pqrs_type, state), 0))
    for pqrs_type in {*PQRS_TYPES, *breach_ratio}:
        _breach_ratio.labels(pqrs_type).set(breach_ratio.get(pqrs_type, math.nan))
    _published_at.set(at)
