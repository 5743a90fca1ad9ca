from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_common.errors import InvalidSettings
from pqr_generator.tickets.opening import opened
from pqr_generator.tickets.volume import SEQUENCE_MAX, planned_volume, validate
from pqrs.catalogue import DEPENDENCIES, PQRS_TYPES
from pqrs.parameters import Parameters
from pqrs.scenario import Scenario, load_scenario

QUIET = load_scenario("sin_picos")


def parameters(**changes):
    return Parameters.create(**{"scenario": QUIET, **changes})


@pytest.mark.parametrize("tickets", [500, 5_000, 50_000])
@pytest.mark.parametrize("rate", ["0.07", "0.095", "0.12"])
def test_breach_quota_holds_to_one_ticket(tickets, rate):
    """Breached tickets are the rate of those with a term, give or take one ticket, at any volume and on any day."""
    volume = planned_volume(parameters(tickets_per_business_day=max(1, tickets // 60), breach_rate=rate))
    eligible, breached = np.cumsum(volume.eligible.sum(axis=1)), np.cumsum(volume.breached.sum(axis=1))
    assert 0.7 * tickets < eligible[-1] < 1.3 * tickets
    off = [abs(b - e * Fraction(rate)) for e, b in zip(eligible.tolist(), breached.tolist(), strict=True)]
    assert max(off) <= 1


def test_breaches_spread_over_the_types():
    """No type carries the quota of the others."""
    volume = planned_volume(parameters(tickets_per_business_day=2_000))
    eligible, breached = volume.eligible.sum(axis=0), volume.breached.sum(axis=0)
    with_term = eligible > 0
    assert np.allclose((breached / np.maximum(eligible, 1))[with_term], 0.095, atol=0.015)
    assert breached[PQRS_TYPES.index("FELICITACION")] == 0


@settings(max_examples=25, deadline=None)
@given(
    volume=st.integers(1, 3_000),
    seed=st.integers(0, 1_000),
    opens=st.dates(date(2015, 6, 30), date(2030, 1, 1)),
    length=st.integers(0, 500),
)
def test_every_split_of_a_day_sums_to_the_day(volume, seed, opens, length):
    """Types, dependencies and fates divide each day's tickets without rest, and no count is negative."""
    last = date.fromordinal(opens.toordinal() + length)
    volume = planned_volume(
        parameters(tickets_per_business_day=volume, seed=seed, opens_on=opens, window_from=opens, window_to=last)
    )
    assert (volume.by_type.sum(axis=(0, 2)) == volume.tickets).all()
    assert (volume.by_dependency.sum(axis=(0, 2)) == volume.tickets).all()
    by_type = volume.by_type.sum(axis=0)
    for counts in (volume.tickets, volume.by_type, volume.by_dependency, volume.transferred, volume.breached):
        assert counts.min() >= 0
    assert (volume.transferred + volume.breached <= by_type).all()


@settings(max_examples=15, deadline=None)
@given(volume=st.integers(1, 400), opens=st.dates(date(2019, 11, 1), date(2026, 12, 1)), seed=st.integers(0, 99))
def test_radicados_are_gapless_in_order_of_reception_and_restart_each_year(volume, opens, seed):
    """Within a year and dependency the sequence is 1, 2, 3, ... in the order in which requests arrive."""
    last = date.fromordinal(opens.toordinal() + 120)
    run = parameters(tickets_per_business_day=volume, opens_on=opens, window_from=opens, window_to=last, seed=seed)
    volume = planned_volume(run)
    tickets = opened(run, volume, range(len(volume.days)))
    year = tickets.day.astype("datetime64[D]").astype("datetime64[Y]").astype(int)
    assert (np.diff(tickets.opened) >= 0).all()
    for one_year in np.unique(year):
        for dependency in range(len(DEPENDENCIES)):
            sequence = tickets.sequence[(year == one_year) & (tickets.dependency == dependency)]
            assert sequence.tolist() == list(range(1, len(sequence) + 1))


def test_tickets_keep_the_counts_of_the_plan():
    """What is drawn day by day has exactly the planned types, dependencies and fates."""
    run = Parameters.create(tickets_per_business_day=50)
    volume = planned_volume(run)
    tickets = opened(run, volume, range(40, 60))
    rows = tickets.day - volume.days[40].astype(np.int64)
    for column, counts in (
        (tickets.kind, volume.by_type.sum(axis=0)),
        (tickets.dependency, volume.by_dependency.sum(axis=0)),
    ):
        found = np.zeros((20, counts.shape[1]), int)
        np.add.at(found, (rows, column), 1)
        assert (found == counts[40:60]).all()
    for ending, counts in ((1, volume.transferred), (2, volume.breached)):
        found = np.zeros((20, len(PQRS_TYPES)), int)
        np.add.at(found, (rows[tickets.ending == ending], tickets.kind[tickets.ending == ending]), 1)
        assert (found == counts[40:60]).all()


def test_a_longer_window_does_not_change_the_days_before():
    """The plan of a day depends on no later day."""
    short, long = (planned_volume(Parameters.create(window_to=date(2026, month, 28))) for month in (2, 6))
    days = len(short.days)
    assert (long.by_type[:, :days] == short.by_type).all()
    assert (long.breached[:days] == short.breached).all()
    assert (long.first_sequence[:days] == short.first_sequence).all()


def test_default_run_has_about_25_000_tickets():
    """400 tickets per business day from January to March, with two peaks, are 24,000 to 28,000."""
    assert 24_000 < planned_volume(Parameters.create()).tickets.sum() < 28_000


def test_weekends_and_holidays_are_nearly_silent_and_the_day_after_a_long_one_is_loud():
    """The day after a holiday Monday brings more than the Tuesdays around it; the holiday hardly anything."""
    volume = planned_volume(parameters(tickets_per_business_day=10_000))
    by_day = dict(zip(volume.days.tolist(), volume.tickets.tolist(), strict=True))
    assert by_day[date(2026, 1, 12)] < 500  # Reyes
    assert by_day[date(2026, 1, 13)] > by_day[date(2026, 1, 20)]
    assert max(by_day[date(2026, 2, day)] for day in (7, 8, 14, 15)) < 1_000


def test_peaks_are_visible_and_have_their_type_and_topic():
    """On the days of a peak the volume is its multiple of what the same day has without it, in the type it names."""
    busy, quiet = planned_volume(Parameters.create()), planned_volume(parameters())
    for peak in load_scenario().peaks:
        inside = (busy.days >= np.datetime64(peak.first)) & (busy.days <= np.datetime64(peak.last))
        ratio = busy.tickets[inside].sum() / quiet.tickets[inside].sum()
        assert ratio == pytest.approx(peak.percent / 100, rel=0.01)
    weeks = (busy.days >= np.datetime64("2026-02-16")) & (busy.days <= np.datetime64("2026-02-25"))
    added = (busy.by_type.sum(axis=0) - quiet.by_type.sum(axis=0))[weeks].sum(axis=0)
    assert np.flatnonzero(added).tolist() == [PQRS_TYPES.index("RECLAMO")]


def test_a_peak_without_type_and_topic_is_more_of_the_same():
    """A plain peak multiplies the usual inbox and needs no segment of its own."""
    value = QUIET.to_json()
    value["peaks"] = [{"name": "x", "from": "2026-02-02", "to": "2026-02-02", "percent": 200}]
    volume, quiet = planned_volume(parameters(scenario=Scenario.from_json(value))), planned_volume(parameters())
    assert volume.by_type.shape[0] == 1
    assert volume.tickets[32] == pytest.approx(2 * quiet.tickets[32], abs=2)


def test_volume_that_outgrows_the_radicado_is_refused():
    """More than 999,999 tickets of a dependency in a year are refused before anything is written."""
    run = parameters(tickets_per_business_day=200_000)
    with pytest.raises(InvalidSettings, match="999999 a dependency and year") as caught:
        validate(run)
    assert "200000" in str(caught.value)
    validate(parameters(tickets_per_business_day=20_000))


def test_the_last_radicado_fits():
    """A volume that validates has no sequence above six digits."""
    run = replace(parameters(), tickets_per_business_day=60_000, window_to=date(2026, 1, 31))
    validate(run)
    volume = planned_volume(run)
    assert (volume.first_sequence + volume.by_dependency.sum(axis=0)).max() - 1 <= SEQUENCE_MAX
