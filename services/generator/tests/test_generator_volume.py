from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_common.errors import InvalidSettings
from pqr_generator.tickets.fates import BREACHED, HAS_TERM, TRANSFERRED, unpacked
from pqr_generator.tickets.opening import opened
from pqr_generator.tickets.volume import SEQUENCE_MAX, planned_volume, validate
from pqrs.catalogue import DEPENDENCIES, PQRS_TYPES
from pqrs.parameters import Parameters
from pqrs.scenario import Scenario, load_scenario

OPENS_ON = date(2026, 1, 1)

QUIET = load_scenario("sin_picos")


def parameters(**changes):
    return Parameters.create(**{"scenario": QUIET, "opens_on": OPENS_ON, **changes})


def off_by(eligible, breached, rate):
    return max(abs(b - e * Fraction(rate)) for e, b in zip(eligible.tolist(), breached.tolist(), strict=True))


@settings(max_examples=12, deadline=None)
@given(
    volume=st.integers(1, 3_000),
    seed=st.integers(0, 1_000),
    rate=st.integers(70_000, 120_000).map(lambda millionths: f"0.{millionths:06d}"),
    opens=st.dates(date(2019, 6, 1), date(2030, 1, 1)),
)
def test_the_breach_quota_holds_by_quarter_and_by_type_over_the_year(volume, seed, rate, opens):
    """In each calendar quarter, and over each year in each type, to within one ticket; counted from the plan's runs."""
    last = date(opens.year + 1, 12, 31)
    run = parameters(
        tickets_per_business_day=volume, seed=seed, breach_rate=rate, opens_on=opens, window_from=opens, window_to=last
    )
    volume = planned_volume(run)
    fates, day = volume.fates, np.repeat(np.arange(len(volume.days)), np.diff(volume.fates.first_run))
    _, kind, _, ending, _ = unpacked(fates.fate)
    eligible, breached = (np.zeros((len(volume.days), len(PQRS_TYPES)), int) for _ in range(2))
    np.add.at(eligible, (day, kind), fates.tickets * (ending != TRANSFERRED) * HAS_TERM[kind])
    np.add.at(breached, (day, kind), fates.tickets * (ending == BREACHED))
    assert (eligible == volume.eligible).all()
    quarter = volume.days.astype("datetime64[M]").astype(int) // 3
    for one in np.unique(quarter):
        rows = quarter == one
        assert off_by(eligible[rows].sum(keepdims=True).ravel(), breached[rows].sum(keepdims=True).ravel(), rate) <= 1
    for year in (opens.year, opens.year + 1):
        rows = volume.days.astype("datetime64[Y]").astype(int) + 1970 == year
        assert off_by(eligible[rows].sum(axis=0), breached[rows].sum(axis=0), rate) <= 1


@pytest.mark.parametrize("seed", range(6))
def test_transfers_spread_over_the_types(seed):
    """The rate varies by week and not by type: over a year each type has the same, give or take its chance."""
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    volume = planned_volume(parameters(seed=seed, opens_on=first, window_from=first, window_to=last))
    with_term = volume.by_type.sum(axis=0) * HAS_TERM
    some = with_term > 0
    share = volume.transferred.sum(axis=0)[some] / with_term[some]
    assert share == pytest.approx(volume.transferred.sum() / with_term.sum(), rel=0.08)
    assert volume.transferred[:, ~HAS_TERM].sum() == 0


@settings(max_examples=25, deadline=None)
@given(
    volume=st.integers(1, 3_000),
    seed=st.integers(0, 1_000),
    opens=st.dates(date(2015, 6, 30), date(2030, 1, 1)),
    length=st.integers(0, 300),
)
def test_every_split_of_a_day_sums_to_the_day(volume, seed, opens, length):
    """Types, dependencies and fates divide each day's tickets without rest, and no count is negative."""
    last = date.fromordinal(opens.toordinal() + length)
    volume = planned_volume(
        parameters(tickets_per_business_day=volume, seed=seed, opens_on=opens, window_from=opens, window_to=last)
    )
    assert (volume.by_cell.sum(axis=(0, 2, 3)) == volume.tickets).all()
    for counts in (volume.by_cell, volume.fates.tickets, volume.transferred, volume.breached):
        assert counts.min(initial=0) >= 0
    assert (volume.transferred + volume.breached <= volume.by_type).all()
    fates, days = volume.fates, len(volume.days)
    planned = np.add.reduceat(np.append(fates.tickets, 0), np.minimum(fates.first_run[:-1], len(fates.tickets)))
    assert (np.where(np.diff(fates.first_run) > 0, planned, 0)[:days] == volume.tickets).all()


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
    run = Parameters.create(opens_on=OPENS_ON, tickets_per_business_day=50)
    volume = planned_volume(run)
    tickets = opened(run, volume, range(40, 60))
    rows = tickets.day - volume.days[40].astype(np.int64)
    for column, counts in (
        (tickets.kind, volume.by_type),
        (tickets.dependency, volume.by_dependency),
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
    short, long = (
        planned_volume(Parameters.create(opens_on=OPENS_ON, window_to=date(2026, month, 28))) for month in (2, 6)
    )
    days = len(short.days)
    assert (long.by_cell[:, :days] == short.by_cell).all()
    runs = short.fates.first_run[days]
    assert (long.fates.first_run[: days + 1] == short.fates.first_run[: days + 1]).all()
    assert (long.fates.fate[:runs] == short.fates.fate[:runs]).all()
    assert (long.fates.tickets[:runs] == short.fates.tickets[:runs]).all()
    assert (long.first_sequence[:days] == short.first_sequence).all()


def test_default_run_has_about_25_000_tickets():
    """400 tickets per business day from January to March, with two peaks, are 24,000 to 28,000."""
    assert 24_000 < planned_volume(Parameters.create(opens_on=OPENS_ON)).tickets.sum() < 28_000


def test_weekends_and_holidays_are_nearly_silent_and_the_day_after_a_long_one_is_loud():
    """The day after a holiday Monday brings more than the Tuesdays around it; the holiday hardly anything."""
    volume = planned_volume(parameters(tickets_per_business_day=10_000))
    by_day = dict(zip(volume.days.tolist(), volume.tickets.tolist(), strict=True))
    assert by_day[date(2026, 1, 12)] < 500  # Reyes
    assert by_day[date(2026, 1, 13)] > by_day[date(2026, 1, 20)]
    assert max(by_day[date(2026, 2, day)] for day in (7, 8, 14, 15)) < 1_000


def test_peaks_are_visible_and_have_their_type_and_topic():
    """On the days of a peak the volume is its multiple of what the same day has without it, in the type it names."""
    busy, quiet = planned_volume(Parameters.create(opens_on=OPENS_ON)), planned_volume(parameters())
    for peak in load_scenario().peaks:
        inside = (busy.days >= np.datetime64(peak.first)) & (busy.days <= np.datetime64(peak.last))
        ratio = busy.tickets[inside].sum() / quiet.tickets[inside].sum()
        assert ratio == pytest.approx(peak.percent / 100, rel=0.05)
    weeks = (busy.days >= np.datetime64("2026-02-16")) & (busy.days <= np.datetime64("2026-02-25"))
    added = (busy.by_type - quiet.by_type)[weeks].sum(axis=0)
    assert np.flatnonzero(added).tolist() == [PQRS_TYPES.index("RECLAMO")]


def test_a_peak_without_type_and_topic_is_more_of_the_same():
    """A plain peak multiplies the usual inbox and needs no segment of its own."""
    value = QUIET.to_json()
    value["peaks"] = [{"name": "x", "from": "2026-02-02", "to": "2026-02-02", "percent": 200}]
    volume, quiet = planned_volume(parameters(scenario=Scenario.from_json(value))), planned_volume(parameters())
    assert len(volume.by_cell) == 1
    assert volume.tickets[32] == pytest.approx(2 * quiet.tickets[32], rel=0.15)
    assert (np.delete(volume.tickets, 32) == np.delete(quiet.tickets, 32)).all()


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
    assert (volume.first_sequence + volume.by_dependency).max() - 1 <= SEQUENCE_MAX
