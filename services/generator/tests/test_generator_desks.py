from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_generator.draws import words
from pqr_generator.threads.schedule import threads
from pqr_generator.threads.thread import ANSWER, NEVER, REPLY
from pqr_generator.tickets.counts import counted
from pqr_generator.tickets.demand import calendar_days
from pqr_generator.tickets.fates import BREACHED, HAS_TERM, TRANSFERRED, unpacked
from pqr_generator.tickets.opening import DAY_SECONDS, opened
from pqr_generator.tickets.quotas import rounded
from pqr_generator.tickets.variation import ONE_FACTOR, UNIT_BITS, counts, factors
from pqr_generator.tickets.volume import planned_volume
from pqrs import calendar
from pqrs.catalogue import DEPENDENCIES
from pqrs.desks import served
from pqrs.parameters import Parameters
from pqrs.scenario import Scenario, load_scenario
from pqrs.staffing import Dispersion

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
QUIET = load_scenario("sin_picos")
ROADS, DESKS = list(DEPENDENCIES).index("103"), 10
CHI_SQUARE_9 = 27.877  # exceeded by chance once in a thousand, with nine degrees of freedom


def year(**changes):
    given = {"opens_on": FIRST, "window_from": FIRST, "window_to": LAST, "scenario": QUIET}
    return Parameters.create(**{**given, **changes})


class Plan:
    """What is planned of the eligible tickets of a run: arrays of runs of equal tickets."""

    def __init__(self, run):
        volume = planned_volume(run)
        day = np.repeat(np.arange(len(volume.fates.first_run) - 1), np.diff(volume.fates.first_run))
        dependency, kind, self.urgent, ending, self.wait = unpacked(volume.fates.fate)
        rows = (ending != TRANSFERRED) & HAS_TERM[kind] & (day < len(volume.days))
        self.urgent, self.wait = self.urgent[rows], self.wait[rows]
        self.dependency, self.tickets = dependency[rows], volume.fates.tickets[rows]
        self.breached = self.tickets * (ending[rows] == BREACHED)
        self.day = volume.days[day[rows]]

    def rate(self, rows):
        return self.breached[rows].sum() / self.tickets[rows].sum()

    def by_week(self, column):
        """Weeks x dependencies."""
        week = (self.day.astype(int) + 3) // 7
        found = np.zeros((week.max() - week.min() + 1, DESKS))
        np.add.at(found, (week - week.min(), self.dependency), column)
        return found


@pytest.fixture(scope="module")
def plan():
    return Plan(year())


@given(room=st.integers(0, 60), waiting=st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_the_head_of_the_queue_is_served(room, waiting):
    """As many as there is room for, and nobody before those who stand further ahead."""
    queue = np.array([waiting])
    taken = served(queue, np.array([room]))[0]
    assert taken.sum() == min(room, sum(waiting))
    assert all(taken[n] == waiting[n] for n in range(np.flatnonzero(taken).max(initial=0)))


@pytest.mark.parametrize("mean", [0.01, 0.3, 2.7, 40, 250, 3_000])
def test_counts_are_poissons(mean):
    """Mean and variance are the expectation, below 256 tickets by tables and above by their limit."""
    drawn = words(7, "test", range(3 * 40_000)).reshape(-1, 3)
    found = counts(np.full(40_000, int(mean * (1 << UNIT_BITS))), drawn)
    assert found.min() >= 0
    assert found.mean() == pytest.approx(mean, rel=0.06 if mean < 0.1 else 0.01)
    assert found.var() / found.mean() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("variation", [0, 60, 160, 350])
def test_factors_vary_as_asked_around_one(variation):
    """So that a scenario that varies more brings no more tickets."""
    found = factors(7, "test", range(40_000), variation=variation) / ONE_FACTOR
    assert found.min() > 0
    assert found.mean() == pytest.approx(1, abs=0.005)
    assert found.std() == pytest.approx(variation / 1000, rel=0.04)


@settings(max_examples=200, deadline=None)
@given(
    table=st.integers(1, 9).flatmap(
        lambda types: st.lists(
            st.lists(st.integers(0, 100_000), min_size=types, max_size=types), min_size=1, max_size=4
        )
    ),
    millionths=st.integers(0, 1_000_000),
)
def test_a_table_is_rounded_along_both_its_sides(table, millionths):
    """Each cell, row and column of it times a rate goes to a neighbouring whole number."""
    found = rounded(table, millionths, 1_000_000)

    def is_near(whole, exact):
        return abs(whole * 1_000_000 - exact * millionths) < 1_000_000

    for rows, rounded_rows in ((table, found), (list(zip(*table, strict=True)), list(zip(*found, strict=True)))):
        for row, whole in zip(rows, rounded_rows, strict=True):
            assert is_near(sum(whole), sum(row))
            assert all(is_near(w, cell) and 0 <= w <= cell for cell, w in zip(row, whole, strict=True))


def test_days_vary_and_resemble_their_neighbours():
    """After the weekday's effect: CV 0.15 to 0.30, correlation from one day to the next 0.2 to 0.5; mean as asked."""
    days = calendar_days(FIRST, LAST)
    is_usual = np.is_busday(days, busdaycal=calendar.BUSINESS_DAYS) & np.is_busday(days - 1, weekmask="1111111")
    is_usual &= ~np.isin(days - 1, calendar.HOLIDAYS) & ~np.isin(days - 3, calendar.HOLIDAYS)
    is_usual &= (days > np.datetime64("2025-01-15")) & (days < np.datetime64("2025-12-15"))
    weekday = (days.astype(int) + 3)[is_usual] % 7
    found = []
    for seed in range(12):
        tickets = counted(year(seed=seed), days).sum(axis=(0, 2, 3))
        usual = tickets[is_usual]
        relative = usual / np.array([usual[weekday == each].mean() for each in range(5)])[weekday]
        found.append((relative.std(), np.corrcoef(relative[1:], relative[:-1])[0, 1], tickets.sum() / 242))
    variation, correlation, mean = np.mean(found, axis=0)
    assert 0.15 < variation < 0.30
    assert 0.2 < correlation < 0.5
    assert mean == pytest.approx(400, rel=0.06)


def test_the_index_of_dispersion_is_the_scenarios():
    """Over seeds, the count of one cell on one day: one without variation, as a Poisson's, and far above with it."""
    day = calendar_days(date(2025, 5, 6), date(2025, 5, 6))
    still = replace(QUIET, dispersion=Dispersion(month=0, week=0, day=0, desk=0, type=0))

    def index(scenario):
        seeds = (year(scenario=scenario, seed=seed, tickets_per_business_day=4_000) for seed in range(400))
        found = np.array([counted(each, day)[0, 0, 0, 1] for each in seeds])
        return found.var() / found.mean(), found.mean()

    assert index(still)[0] == pytest.approx(1, abs=0.25)
    varied, mean = index(QUIET)
    # Month, week and day, then week and day of the desk and of the type.
    variation = np.prod([1 + each**2 for each in (0.10, 0.08, 0.16, 0.12, 0.12, 0.12, 0.12)]) - 1
    assert varied == pytest.approx(1 + mean * variation, rel=0.25)


def test_load_makes_waiting_and_waiting_lateness():
    """Desk by desk against the others: six weeks' load goes with waiting (0.3 to 0.8) and lateness (0.1 to 0.7)."""
    waiting, lateness = [], []
    for seed in (1, 2, 3):
        plan = Plan(year(seed=seed))
        load, late, waited = (
            plan.by_week(each)[4:] for each in (plan.tickets, plan.breached, plan.tickets * plan.wait)
        )
        recent = sum(load[5 - back : len(load) - back] for back in range(6)) / load.mean(axis=0)
        for found, total in ((waiting, waited), (lateness, late)):
            share = total[5:] / np.maximum(load[5:], 1)
            found.append(np.corrcoef(apart(recent).ravel(), apart(share).ravel())[0, 1])
    assert 0.3 < np.mean(waiting) < 0.8
    assert 0.1 < np.mean(lateness) < 0.7
    assert min(lateness) > 0


def apart(table):
    """Without what a desk always has and what all desks have in the same week."""
    own = table - table.mean(axis=0)
    return own - own.mean(axis=1, keepdims=True)


def test_a_peak_hurts_its_desk_for_weeks():
    """Heavy rain in March: what the desk of the roads receives in the month after is later than in a dry year."""
    rain, dry = (
        Plan(year(opens_on=date(2025, 7, 1), window_from=date(2026, 1, 1), window_to=date(2026, 6, 30), scenario=each))
        for each in (load_scenario(), QUIET)
    )
    after = [
        (each.day > np.datetime64("2026-03-18"))
        & (each.day <= np.datetime64("2026-04-17"))
        & (each.dependency == ROADS)
        for each in (rain, dry)
    ]
    slower = [
        (each.wait * each.tickets)[rows].sum() / each.tickets[rows].sum()
        for each, rows in zip((rain, dry), after, strict=True)
    ]
    assert slower[0] > slower[1] + 0.5
    assert rain.rate(after[0]) > dry.rate(after[1])


def test_priority_is_answered_sooner(plan):
    """By a third at least on average, and breached less often."""
    mean = [(plan.wait * plan.tickets)[plan.urgent == is_urgent].sum() / plan.tickets[plan.urgent == is_urgent].sum()
            for is_urgent in (0, 1)]  # fmt: skip
    assert mean[1] < mean[0] * 2 / 3
    assert plan.rate(plan.urgent == 1) < plan.rate(plan.urgent == 0) / 2


def test_desks_differ_beyond_chance(plan):
    """Chi square of breaches by dependency, by far; the worst has a multiple of the best."""
    tickets = np.bincount(plan.dependency, plan.tickets)
    late = np.bincount(plan.dependency, plan.breached)
    expected = tickets * late.sum() / tickets.sum()
    chi_square = ((late - expected) ** 2 * (1 / expected + 1 / (tickets - expected))).sum()
    assert chi_square > 10 * CHI_SQUARE_9
    assert (late / tickets).max() > 2 * (late / tickets).min()
    assert (late / tickets).max() < 0.6


def test_a_desk_that_loses_people_breaches_more(plan):
    """Capacity is a cause: with a tenth fewer of them the same arrivals wait longer."""
    value = QUIET.to_json()
    value["desks"] = {"101": {"staff": 91}}
    short = Plan(year(scenario=Scenario.from_json(value)))
    assert short.rate(short.dependency == 0) > plan.rate(plan.dependency == 0) + 0.05


def test_answers_come_in_office_hours_as_people_work():
    """More in the morning than at noon, more in the afternoon than at noon; late ones have a long tail."""
    run = year(tickets_per_business_day=200)
    tickets = opened(run, planned_volume(run), range(100, 200))
    thread = threads(run, tickets)
    hour = (thread.at[ANSWER][thread.at[ANSWER] != NEVER] % DAY_SECONDS) // 3600
    by_hour = np.bincount(hour, minlength=24)
    assert by_hour[12] < 0.6 * by_hour[10]
    assert by_hour[12] < 0.6 * by_hour[15]
    late = thread.is_breached & ~np.isnat(thread.answered_on)
    days = calendar.business_days_between(thread.effective_due_on[late], thread.answered_on[late])
    assert np.median(days) <= 6
    assert days.max() > 30
    silent = thread.is_breached & np.isnat(thread.answered_on)
    assert silent.sum() / thread.is_breached.sum() == pytest.approx(run.scenario.rates.unanswered / 1000, abs=0.05)


def test_who_waits_longer_insists_more():
    """Of threads that may: the half that waited longer insists more often than the other."""
    run = year(tickets_per_business_day=200)
    thread = threads(run, opened(run, planned_volume(run), range(100, 200)))
    may = thread.is_open & ~thread.is_incomplete & ~np.isnat(thread.answered_on)
    waited = (thread.answered_on - thread.received_on).astype(int)
    insisted = thread.at[REPLY] != NEVER
    slow = waited > np.median(waited[may])
    assert insisted[may & slow].mean() > 1.4 * insisted[may & ~slow].mean()


def test_the_plan_costs_the_same_whatever_the_volume():
    """A million a day has no more runs than cells, leads and days of answering allow."""
    few, many = (planned_volume(year(tickets_per_business_day=each)) for each in (20_000, 1_000_000))
    assert len(many.fates.fate) < 2 * len(few.fates.fate)
    assert many.tickets.sum() > 200_000_000
