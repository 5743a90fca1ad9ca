"""What the loader shows of the published run: by type, and nothing of an earlier run."""

from __future__ import annotations

import math

import pytest

from pqr_common.process.metrics import METRICS, REGISTRY
from pqr_loader.figures import Figures, _show


def _figure(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


def test_exactly_the_agreed_figures_are_declared():
    """Names and labels are a contract with every dashboard and alert."""
    declared = {metric._name: metric._labelnames for metric in METRICS}
    assert declared["pqr_backlog_tickets"] == ("pqrs_type", "state")
    assert declared["pqr_breach_ratio"] == ("pqrs_type",)
    assert declared["pqr_published_timestamp_seconds"] == ()


def test_the_published_figures_are_gauges_by_type():
    """Backlog by type and state, breach ratio by type, and when they were published."""
    _show([Figures("QUEJA", 9, 7, 4, 1, 1000.5), Figures("all", 9, 7, 10, 1, 1000.5)])
    assert _figure("pqr_backlog_tickets", pqrs_type="QUEJA", state="overdue") == 7
    assert _figure("pqr_breach_ratio", pqrs_type="QUEJA") == pytest.approx(0.25)
    assert _figure("pqr_breach_ratio", pqrs_type="all") == pytest.approx(0.1)
    assert _figure("pqr_published_timestamp_seconds") == 1000.5


def test_nothing_of_an_earlier_run_stays():
    """A type the new run has not is an empty backlog and no ratio, not yesterday's."""
    _show([Figures("QUEJA", 7, 0, 4, 1, 1.0)])
    _show([Figures("RECLAMO", 3, 0, 2, 1, 2.0)])
    assert _figure("pqr_backlog_tickets", pqrs_type="QUEJA", state="open") == 0
    assert math.isnan(_figure("pqr_breach_ratio", pqrs_type="QUEJA"))
    assert _figure("pqr_breach_ratio", pqrs_type="RECLAMO") == 0.5
