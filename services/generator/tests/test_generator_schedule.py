from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from pqr_generator.mails.letters import LETTERS, chains, letters
from pqr_generator.threads import schedule
from pqr_generator.threads.schedule import LIFE_DAYS, threads
from pqr_generator.threads.thread import (
    ACKNOWLEDGEMENT,
    ANSWER,
    AUTOMATIC,
    NEVER,
    REOPENING,
    REPLY,
    REQUEST,
    SECOND_ANSWER,
    SLOTS,
    STEP,
)
from pqr_generator.tickets.opening import DAY_SECONDS, opened
from pqr_generator.tickets.volume import planned_volume
from pqrs import calendar, terms
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

OPENS_ON = date(2026, 1, 1)

OFFICE = (STEP, ANSWER, SECOND_ANSWER)


@pytest.fixture(
    scope="module",
    params=[(date(2026, 1, 1), date(2026, 12, 31)), (date(2020, 1, 1), date(2022, 12, 31))],
    ids=["2026", "emergency"],
)
def inbox(request):
    """A year of today's law, and the years of the emergency terms."""
    first, last = request.param
    run = Parameters.create(opens_on=first, window_from=first, window_to=last, tickets_per_business_day=60)
    volume = planned_volume(run)
    half = len(volume.days) // 2
    tickets = [opened(run, volume, range(start, min(start + 200, len(volume.days)))) for start in (0, half)]
    return [(ticket, threads(run, ticket)) for ticket in tickets]


def each(inbox):
    yield from inbox


def local_day(seconds):
    return (seconds // DAY_SECONDS).astype("datetime64[D]")


def test_breached_by_plan_means_closed_late_or_never(inbox):
    """A ticket is breached exactly if its first answer comes after the effective due date, or none and no archive."""
    for _, thread in each(inbox):
        late = (thread.answered_on > thread.effective_due_on) | (np.isnat(thread.answered_on) & ~thread.is_desisted)
        assert (late == thread.is_breached)[thread.is_open].all()
        assert not thread.is_breached[~thread.is_open].any()
        assert thread.is_breached.any()


def test_terms_come_from_the_law(inbox):
    """Due dates are those of pqrs.terms, and extensions never exceed the term."""
    for tickets, thread in each(inbox):
        utc = (tickets.opened + 5 * 3600).astype("datetime64[s]")
        assert (thread.received_on == terms.received_on(utc, terms.MIDNIGHT)).all()
        due = terms.effective_due_on(thread.received_on, thread.term)
        assert np.array_equal(thread.due_on, due, equal_nan=True)
        assert (thread.extension <= np.maximum(thread.term, 0)).all()
        moved = thread.is_extended | thread.is_incomplete
        assert (thread.effective_due_on > thread.due_on)[moved].all()
        assert np.array_equal(thread.effective_due_on[~moved], due[~moved], equal_nan=True)


def test_archives_are_in_term(inbox):
    """A petition nobody completed is archived after its month and not after its effective due date."""
    for _, thread in each(inbox):
        desisted = thread.is_desisted
        asked, closed = local_day(thread.at[STEP][desisted]), local_day(thread.at[ANSWER][desisted])
        assert (closed > terms.completion_deadline(asked)).all()
        assert (closed <= thread.effective_due_on[desisted]).all()


def test_steps_keep_their_legal_windows(inbox):
    """Transfers come within 5 business days, requests to complete within 10, extensions before expiry."""
    for _, thread in each(inbox):
        on = local_day(thread.at[STEP])
        days = calendar.business_days_between(thread.received_on, on)
        assert set(days[thread.is_transferred]) <= set(range(1, 6))
        assert set(days[thread.is_incomplete]) <= set(range(1, 11))
        for steps in (thread.is_incomplete, thread.is_extended):
            assert (on <= thread.due_on)[steps].all()
        completed = thread.is_incomplete & ~thread.is_desisted
        assert (local_day(thread.at[REPLY]) <= terms.completion_deadline(on))[completed].all()


def test_the_entity_writes_on_business_days_in_office_hours(inbox):
    """Letters of people of the entity bear business days, from 08:00 to 16:59:59 local time."""
    for _, thread in each(inbox):
        for slot in OFFICE:
            at = thread.at[slot][thread.at[slot] != NEVER]
            assert np.is_busday(local_day(at), busdaycal=calendar.BUSINESS_DAYS).all()
            assert (at % DAY_SECONDS >= 8 * 3600).all()
            assert (at % DAY_SECONDS < 17 * 3600).all()


def test_every_letter_comes_after_the_one_it_answers(inbox):
    """References lead to letters that exist and were there before."""
    for tickets, thread in each(inbox):
        chain = chains(thread).T
        for slot in range(1, SLOTS):
            rows = np.flatnonzero(thread.at[slot] != NEVER)
            for before in range(SLOTS):
                cited = rows[(chain[slot, rows] >> before & 1).astype(bool)]
                assert (thread.at[before, cited] != NEVER).all()
            parent = np.array([int(bits).bit_length() - 1 for bits in chain[slot, rows]])
            assert (thread.at[slot, rows] > thread.at[parent, rows]).all()
        assert (thread.at[ACKNOWLEDGEMENT] > thread.at[REQUEST]).all()
        assert len(tickets)


def test_a_thread_has_one_to_six_letters(inbox):
    """Automatic replies apart, a thread is request, acknowledgement and at most four more."""
    for _, thread in each(inbox):
        count = (thread.at[:AUTOMATIC] != NEVER).sum(axis=0)
        assert count.min() >= 2
        assert count.max() == 6


def test_every_class_of_thread_occurs(inbox):
    """Each letter there is, is written by somebody; a mayor's silence approves nothing."""
    found = set()
    for _, thread in each(inbox):
        kinds, used = letters(thread), thread.at.T != NEVER
        found |= {LETTERS[code] for code in np.unique(kinds[used])}
    assert found == set(LETTERS) - {"silence"}


def test_no_thread_outlives_the_lookback(inbox):
    """Windows look back LIFE_DAYS for threads that still write; no thread reaches it."""
    for tickets, thread in each(inbox):
        assert (thread.at.max(axis=0) // DAY_SECONDS - tickets.day).max() < LIFE_DAYS - 10


def test_a_thread_that_outlived_the_lookback_would_stop_the_generator(monkeypatch):
    """The bound is checked where threads are made, not only here."""
    monkeypatch.setattr(schedule, "LIFE_DAYS", 20)
    run = Parameters.create(opens_on=OPENS_ON, tickets_per_business_day=20, scenario=load_scenario("sin_picos"))
    with pytest.raises(AssertionError, match="LIFE_DAYS"):
        threads(run, opened(run, planned_volume(run), range(30)))


def test_reopened_threads_get_a_second_answer(inbox):
    """Reopening follows the first answer, the second answer follows it, and the first one decides the breach."""
    for _, thread in each(inbox):
        rows = np.flatnonzero((thread.at[REOPENING] != NEVER) & ~thread.is_sued)
        assert len(rows)
        assert (thread.at[REOPENING] > thread.at[ANSWER])[rows].all()
        assert (thread.at[SECOND_ANSWER] > thread.at[REOPENING])[rows].all()
        assert (local_day(thread.at[ANSWER]) == thread.answered_on)[rows].all()
