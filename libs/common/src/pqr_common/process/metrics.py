"""Every metric of a stage, and how a service adds one of its own. Recording may fail quietly; it never fails a run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pqr_common.stage.receipts import Verdict

__all__ = ["METRICS", "REGISTRY", "StageMetrics", "latest"]

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
METRICS: list[Counter | Gauge | Histogram] = [
    _stage_runs,
    _stage_duration,
    _stage_in_progress,
    _rows,
    _bytes,
    _partitions,
    _retries,
    _checks,
    _last_success,
]

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


def latest(name: str, meaning: str, *labels: str) -> Callable[..., None]:
    """A gauge of a service's own that shows what was set last, by whichever process: `set(*labels, value)`."""
    gauge = Gauge(name, meaning, labels, registry=REGISTRY, multiprocess_mode="mostrecent")
    METRICS.append(gauge)

    @_quietly
    def set_latest(*given: Any) -> None:
        (gauge.labels(*given[:-1]) if labels else gauge).set(given[-1])

    return set_latest
