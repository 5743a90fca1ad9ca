"""The registry: every metric of the platform declared once, and recording that never fails the work."""

from __future__ import annotations

from pqr_common.process import metrics
from pqr_common.process.metrics import REGISTRY, StageMetrics

# Metric and labels as agreed between services and dashboards.
AGREED = {
    "pqr_stage_runs": ("stage", "status"),
    "pqr_stage_duration_seconds": ("stage",),
    "pqr_stage_in_progress": ("stage",),
    "pqr_rows": ("stage", "dataset", "outcome"),
    "pqr_bytes": ("stage", "direction"),
    "pqr_partitions": ("stage", "outcome"),
    "pqr_retries": ("stage", "reason"),
    "pqr_checks": ("stage", "check", "status"),
    "pqr_last_success_timestamp_seconds": ("stage",),
}


def test_exactly_the_agreed_metrics_are_declared():
    """Names and labels are a contract with every dashboard and alert."""
    declared = {metric._name: metric._labelnames for metric in metrics.METRICS}
    assert {name: declared[name] for name in AGREED} == AGREED


def test_a_stage_counts_what_it_does():
    """Started, worked, checked and ended: each shows under its stage."""
    stage = StageMetrics("tested")
    stage.started()
    stage.task_done(outcome="new", bytes_read=10, bytes_written=20)
    stage.rows("emails", accepted=3, rejected=1)
    stage.checked("balance", "passed")
    stage.retried("LakeUnavailable")
    stage.ended(status="completed", seconds=1.5, now=1000.0)

    def value(name, **labels):
        return REGISTRY.get_sample_value(name, {"stage": "tested"} | labels)

    assert value("pqr_stage_in_progress") == 0
    assert value("pqr_stage_runs_total", status="completed") == 1
    assert value("pqr_rows_total", dataset="emails", outcome="rejected") == 1
    assert value("pqr_bytes_total", direction="written") == 20
    assert value("pqr_partitions_total", outcome="new") == 1
    assert value("pqr_checks_total", check="balance", status="passed") == 1
    assert value("pqr_retries_total", reason="LakeUnavailable") == 1
    assert value("pqr_stage_duration_seconds_sum") == 1.5
    assert value("pqr_last_success_timestamp_seconds") == 1000


def test_a_failed_attempt_is_no_success():
    """The time of the last success stays where it was."""
    StageMetrics("failing").ended(status="failed", seconds=1.0, now=2000.0)
    assert REGISTRY.get_sample_value("pqr_last_success_timestamp_seconds", {"stage": "failing"}) is None


def test_recording_never_fails_the_work(monkeypatch):
    """A metric that cannot be recorded is lost, and nothing else is."""

    def full(*_labels):
        raise OSError("no space left on device")

    monkeypatch.setattr(metrics._rows, "labels", full)
    StageMetrics("tested").rows("emails", accepted=1, rejected=0)


def _figure(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


def test_a_service_begins_at_zero():
    """Before its first run, so that Prometheus sees the first failure as an increase."""
    StageMetrics("announced").announced(["emails"])
    for status in ("completed", "failed"):
        assert _figure("pqr_stage_runs_total", stage="announced", status=status) == 0
    assert _figure("pqr_rows_total", stage="announced", dataset="emails", outcome="rejected") == 0
    assert _figure("pqr_partitions_total", stage="announced", outcome="unchanged") == 0
    assert _figure("pqr_stage_duration_seconds_count", stage="announced") == 0
