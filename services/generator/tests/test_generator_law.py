"""What the law makes of threads: reiterations, approvals by silence, suits."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from pqr_generator.threads.schedule import threads
from pqr_generator.threads.thread import ANSWER, NEVER, REOPENING
from pqr_generator.tickets.opening import opened
from pqr_generator.tickets.reiterated import PERSISTENT
from pqr_generator.tickets.volume import planned_volume
from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES
from pqrs.parameters import Parameters
from pqrs.scenario import Scenario, load_scenario

OPENS_ON = date(2026, 1, 1)


def lived(name="alcaldia", **rates):
    value = load_scenario(name).to_json()
    value["rates_per_mille"] |= rates
    run = Parameters.create(opens_on=OPENS_ON, tickets_per_business_day=300, scenario=Scenario.from_json(value))
    tickets = opened(run, planned_volume(run), range(90))
    return tickets, threads(run, tickets)


def test_optional_rates_are_none_in_old_files():
    """A file without them gives an inbox without them, and they are drawn on their own: nothing else moves."""
    value = load_scenario("servicios_publicos").to_json()
    for name in ("annulled", "copied", "reiterated", "tutela", "silence"):
        del value["rates_per_mille"][name]
    scenario = Scenario.from_json(value)
    assert scenario.to_json() == value
    run = Parameters.create(opens_on=OPENS_ON, tickets_per_business_day=300, scenario=scenario)
    tickets = opened(run, planned_volume(run), range(90))
    plain = threads(run, tickets)
    assert not (tickets.is_reiterated | plain.is_reiterated | plain.is_approved | plain.is_sued).any()
    _, lawful = lived("servicios_publicos", annulled=0)
    untouched = ~lawful.is_approved & ~lawful.is_sued
    assert (lawful.at[:5, untouched] == plain.at[:5, untouched]).all()


def test_who_reiterates_writes_about_the_same_again_and_again():
    """Some two dozen citizens per topic, so nearly all have written about it before; their share is the one given."""
    tickets, thread = lived(reiterated=100)
    again = tickets.is_reiterated
    assert np.mean(again) == pytest.approx(0.1, abs=0.01)
    pairs = list(zip(tickets.citizen[again].tolist(), tickets.topic[again].tolist(), strict=True))
    assert len(set(pairs)) <= PERSISTENT * len(set(tickets.topic.tolist())) < len(pairs) / 2
    assert not (thread.is_reiterated & ~again).any()
    assert not (thread.is_reiterated & (thread.is_breached | thread.is_denied | thread.is_desisted)).any()


def test_silence_is_recognised_within_three_business_days_of_the_term_and_only_where_it_approves():
    """Of the breached of public utilities that get an answer at all."""
    tickets, thread = lived("servicios_publicos", silence=600)
    answered = thread.is_breached & (thread.at[ANSWER] != NEVER)
    positive = np.isin(tickets.kind, [PQRS_TYPES.index(code) for code in ("SPD", "SPD_REC")])
    assert not (thread.is_approved & ~(answered & positive)).any()
    assert np.mean(thread.is_approved[answered & positive]) == pytest.approx(0.6, abs=0.05)
    due, answered_on = thread.effective_due_on[thread.is_approved], thread.answered_on[thread.is_approved]
    waited = calendar.business_days_between(due, answered_on)
    assert 1 <= waited.min() <= waited.max() <= 3
    _, plain = lived("alcaldia", silence=600)
    assert not plain.is_approved.any()


def test_a_court_writes_three_to_eight_weeks_after_a_broken_term():
    """Answered by then or not; where the citizen has not come back about the answer."""
    _, thread = lived(tutela=500)
    assert not (thread.is_sued & ~thread.is_breached).any()
    assert np.mean(thread.is_sued[thread.is_breached]) == pytest.approx(0.45, abs=0.1)
    day = (thread.at[REOPENING] // 86_400).astype("datetime64[D]")
    lag = (day - thread.effective_due_on).astype(int)[thread.is_sued]
    assert 21 <= lag.min() <= lag.max() <= 60  # the courts' holidays put it off
    late = thread.is_sued & ~np.isnat(thread.answered_on)
    assert (thread.answered_on[late] < day[late]).all()
    assert (thread.is_sued & np.isnat(thread.answered_on)).any()


def test_annulled_numbers_leave_no_gap_and_no_breach():
    """They end outside the rate like what is passed on, within days; their numbers are used once like all others."""
    tickets, thread = lived(annulled=40)
    assert np.mean(thread.is_annulled) == pytest.approx(0.04, abs=0.006)
    assert not (thread.is_annulled & (thread.is_transferred | thread.is_open | thread.is_breached)).any()
    assert (thread.at[ANSWER, thread.is_annulled] == NEVER).all()
    for dependency in np.unique(tickets.dependency):
        sequence = tickets.sequence[tickets.dependency == dependency]
        assert sequence.tolist() == list(range(1, len(sequence) + 1))
