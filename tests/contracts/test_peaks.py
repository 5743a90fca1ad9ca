"""Peaks that gold finds in what the generator plans: days of no peak are seldom called one, and a named peak is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from pqr_generator.tickets.counts import counted
from pqr_generator.tickets.demand import calendar_days
from pqr_generator.tickets.volume import planned_volume
from pqr_gold.partials import FLOW
from pqr_gold.transform import mart
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

FALSE_ALARMS, WHILE_YOUNG = 0.01, 0.02  # of the days that can be judged: what kpi_peaks.sql states
SEEDS = range(1, 21)
YEAR = Parameters.create(
    opens_on=date(2025, 7, 1), window_from=date(2026, 1, 1), window_to=date(2026, 12, 31), scenario=load_scenario("sin_picos")
)  # fmt: skip


def planned_counts(parameters):
    """The days from the opening on, and how many tickets come on each; what becomes of them is nothing to a peak."""
    days = calendar_days(parameters.opens_on, parameters.window_to)
    return days, counted(parameters, days).sum(axis=(0, 2, 3))


def test_the_counts_of_days_are_those_of_the_plan():
    """So the others may ask for the counts alone, which is a third of the work."""
    volume = planned_volume(YEAR)
    days, tickets = planned_counts(YEAR)
    assert (days == volume.days).all()
    assert (tickets == volume.tickets).all()


def peaks_of(parameters):
    """kpi_peaks as it is when every ticket that was planned comes in."""
    days, tickets = planned_counts(parameters)
    received = pa.table(
        {
            "day": pa.array(days),
            "pqrs_type": ["PET_PAR"] * len(days),
            "step": ["received"] * len(days),
            "tickets": pa.array(tickets),
        },
        schema=FLOW.total.schema,
    )
    return mart("kpi_peaks", {"flow": received}, parameters.window, opens_on=parameters.opens_on).to_pylist()


def test_chance_alone_is_seldom_called_a_peak():
    """A year of twenty inboxes, of few and of many tickets: rebounds after long weekends, holidays and all."""
    for volume in (20, 400):
        days = [row for seed in SEEDS for row in peaks_of(replace(YEAR, seed=seed, tickets_per_business_day=volume))]
        judged = [row for row in days if row["expected"] is not None]
        assert len(judged) > 0.95 * len(days)
        assert np.mean([row["is_peak"] for row in judged]) < FALSE_ALARMS


def test_a_young_inbox_seldom_has_false_peaks_either():
    """10 August 2026 follows the holiday of the 7th: an inbox that opened in July has too little to hold it to."""
    july = replace(YEAR, window_from=date(2026, 7, 1), opens_on=date(2026, 7, 1), window_to=date(2026, 8, 31))
    by_seed = {seed: peaks_of(replace(july, seed=seed)) for seed in SEEDS}
    assert [row["day"] for row in by_seed[12] if row["is_peak"]] == []
    judged = [row for rows in by_seed.values() for row in rows if row["expected"] is not None]
    assert np.mean([row["is_peak"] for row in judged]) < WHILE_YOUNG


def test_a_named_peak_of_days_is_found():
    """The business days on which three times as much comes are called peaks, for nearly every seed."""
    found = []
    for seed in SEEDS:
        parameters = Parameters.create(seed=seed)
        short = min(parameters.scenario.peaks, key=lambda peak: peak.last - peak.first)
        rows = [row for row in peaks_of(parameters) if short.first <= row["day"] <= short.last]
        found += [row["is_peak"] for row in rows if row["received"] > 100]
    assert len(found) > 20
    assert np.mean(found) > 0.9
