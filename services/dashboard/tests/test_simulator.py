"""The simulator against slow, obvious arithmetic: tickets one by one, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_dashboard.simulator.model import BY_DUE_DATE, COUNTS, OWN_ORDER, Variation, answers_per_business_day, simulated
from pqrs import calendar
from pqrs.catalogue import PQRS_TYPES
from pqrs.terms import THREAD_DAYS

FIRST, LAST = date(2026, 1, 5), date(2026, 2, 13)
WINDOW = FIRST, LAST
LIFE = timedelta(days=THREAD_DAYS)
EARLIER = [FIRST - timedelta(days=days) for days in (1, 5, 12, 30, 100, 125, 138, 139, 140)]
DAYS = [FIRST + timedelta(days=offset) for offset in range((LAST - FIRST).days + 1)]
COLUMNS = ["opened_on", "received_on", "pqrs_type", "term_days", "effective_due_on", "closed_on", "fate", "tickets"]


def cohort(opened, closed=None, *, pqrs_type="PET_PAR", term=15, extended=0, fate=None, tickets=1):
    """A row of kpi_cohorts: opened on a day, closed on another, its clock worked out from its term."""
    received = calendar.next_business_day([opened])[0]
    in_rate = fate not in ("transferred", "no_term")
    due = calendar.add_business_days(received, term + extended).item() if in_rate else None
    ended = fate or ("answered" if closed else "open")
    return (opened, received.item(), pqrs_type, term if in_rate else None, due, closed, ended, tickets)


def frame(rows):
    made = pd.DataFrame(rows, columns=COLUMNS)
    for name in ("opened_on", "received_on", "effective_due_on", "closed_on"):
        made[name] = pd.to_datetime(made[name])
    return made.assign(term_days=made["term_days"].astype("float64"))


@st.composite
def cohorts(draw):
    opened = draw(st.sampled_from([*DAYS, *EARLIER]))
    later = opened + timedelta(days=draw(st.integers(0, 35)))
    fate = draw(st.sampled_from(["open", "answered", "answered", "archived", "transferred", "no_term"]))
    is_closed = fate in ("answered", "archived", "transferred") and later <= LAST
    fate = fate if is_closed or fate == "no_term" else "open"
    return cohort(
        opened, later if is_closed else None, fate=fate, term=draw(st.integers(1, 12)),
        pqrs_type="FELICITACION" if fate == "no_term" else draw(st.sampled_from(PQRS_TYPES[:4])),
        extended=draw(st.integers(0, 5)), tickets=draw(st.integers(1, 4)),
    )  # fmt: skip


lists = st.lists(cohorts(), max_size=25, unique_by=lambda row: row[:-1])
changes = st.builds(
    Variation,
    terms=st.dictionaries(st.sampled_from(PQRS_TYPES[:4]), st.integers(1, 20), max_size=3),
    percent=st.integers(0, 200),
    per_day=st.none() | st.integers(0, 5),
    order=st.sampled_from([OWN_ORDER, BY_DUE_DATE]),
)


def one_by_one(rows, change):
    """Every ticket on its own: the day it is closed on and its due date, after the change."""
    tickets = []
    for opened, received, code, term, due, closed, fate, count in rows:
        moved = change.terms.get(code, term) - term if due else 0
        new_due = calendar.add_business_days(due, moved).item() if due else None
        tickets += [[code, opened, received, new_due, closed, fate] for _ in range(count)]
    queue = [ticket for ticket in tickets if ticket[5] in ("answered", "open") and (ticket[4] or FIRST) >= FIRST]
    never = date.max
    turn = lambda t: (t[4] or never, t[3] or never)  # noqa: E731
    queue.sort(key=lambda t: (*(turn(t) if change.order == OWN_ORDER else turn(t)[::-1]), t[1], t[2], t[0]))
    given_then = [sum(t[4] == day for t in queue) for day in DAYS]
    for ticket in queue:
        ticket[4], ticket[5] = None, "open"
    seen = spent = 0
    for day, answers in zip(DAYS, given_then, strict=True):
        seen += answers
        room = seen * change.percent // 100 - spent
        spent += room
        if change.per_day is not None:
            room = change.per_day if np.is_busday(day, busdaycal=calendar.BUSINESS_DAYS) else 0
        for ticket in [t for t in queue if t[4] is None and t[1] <= day <= t[1] + LIFE][:room]:
            ticket[4], ticket[5] = day, "answered"
    return tickets


def day_of(tickets, day):
    """Counts of one day, as kpi_daily words them."""
    waiting = [t for t in tickets if t[5] != "no_term" and t[1] <= day < (t[4] or t[1] + LIFE)]
    due = [t for t in tickets if t[3] == day]
    return {
        "received": sum(t[1] == day for t in tickets),
        **{fate: sum(t[4] == day and t[5] == fate for t in tickets) for fate in COUNTS[1:4]},
        "lapsed": sum(t[5] == "open" and t[1] + LIFE == day for t in tickets),
        "due": len(due),
        "breached": sum((t[4] or date.max) > day for t in due),
        "backlog": len(waiting),
        "overdue": sum((t[3] or date.max) <= day for t in waiting),
    }


@settings(max_examples=60, deadline=None)
@given(lists, changes)
def test_every_day_is_what_walking_ticket_by_ticket_gives(rows, change):
    """Whatever changes: received, answered, due, breached, backlog and overdue of every day."""
    tickets = one_by_one(rows, change)
    daily = simulated(frame(rows), WINDOW, change).daily.groupby("day")[list(COUNTS)].sum()
    for day in DAYS:
        assert daily.loc[pd.Timestamp(day)].to_dict() == day_of(tickets, day)


@settings(max_examples=40, deadline=None)
@given(lists)
def test_no_change_gives_back_what_happened(rows):
    """The run's own terms, capacity and order close every ticket on the day it was closed on."""
    outcome = simulated(frame(rows), WINDOW, Variation())
    happened = [[code, o, r, due, closed, fate] for o, r, code, _, due, closed, fate, n in rows for _ in range(n)]
    daily = outcome.daily.groupby("day")[list(COUNTS)].sum()
    for day in DAYS:
        assert daily.loc[pd.Timestamp(day)].to_dict() == day_of(happened, day)


@settings(max_examples=40, deadline=None)
@given(lists, changes)
def test_nobody_is_lost_and_totals_agree(rows, change):
    """Each ticket that came or waited is in one fate, and the days of a window add up to its totals."""
    outcome = simulated(frame(rows), WINDOW, change)
    fates = ("answered", "archived", "transferred", "lapsed", "no_term", "open")
    came = sum(row[-1] for row in rows if row[0] >= FIRST)
    waited = sum(row[-1] for row in rows if row[0] < FIRST and row[6] != "no_term" and (row[5] or FIRST) >= FIRST)
    assert outcome.total("received") == came
    assert sum(outcome.total(fate) for fate in fates) == came + waited
    assert outcome.total("due") == outcome.total("in_term") + outcome.total("breached") == outcome.daily["due"].sum()
    assert outcome.total("breached") == outcome.total("late") + outcome.total("unanswered")
    last = outcome.daily[outcome.daily["day"] == pd.Timestamp(LAST)]
    assert (last["backlog"].sum(), last["overdue"].sum()) == (outcome.total("open"), outcome.total("overdue"))


@settings(max_examples=30, deadline=None)
@given(lists, st.integers(1, 100))
def test_more_capacity_never_leaves_more_unanswered(rows, percent):
    """Of the same arrivals, a larger share of the answers leaves the same or fewer waiting at the end."""
    less, more = (simulated(frame(rows), WINDOW, Variation(percent=share)) for share in (percent, percent + 50))
    assert more.total("open") <= less.total("open")


def test_first_what_falls_due_first():
    """One answer per day: by due date the urgent one comes first and nothing is breached."""
    rows = [
        cohort(date(2026, 1, 5), date(2026, 1, 15), term=3, fate="answered"),
        cohort(date(2026, 1, 5), date(2026, 1, 7), term=10, fate="answered"),
    ]
    own = simulated(frame(rows), WINDOW, Variation())
    urgent = simulated(frame(rows), WINDOW, Variation(order=BY_DUE_DATE))
    assert (own.total("breached"), urgent.total("breached")) == (1, 0)
    assert (own.breach_rate, urgent.breach_rate) == (0.5, 0.0)


def test_a_longer_term_moves_the_due_date_in_business_days():
    """Two business days more, over a week-end and the holiday of the 12th: late becomes in term."""
    rows = [cohort(date(2026, 1, 5), date(2026, 1, 13), term=4, fate="answered")]
    assert simulated(frame(rows), WINDOW, Variation()).total("late") == 1
    longer = simulated(frame(rows), WINDOW, Variation(terms={"PET_PAR": 5}))
    assert (longer.total("late"), longer.total("in_term")) == (0, 1)


def test_a_fixed_capacity_rests_on_days_off():
    """Answers a business day: none on a week-end or holiday."""
    rows = [cohort(date(2026, 1, 9), tickets=5, fate="open")]
    daily = simulated(frame(rows), WINDOW, Variation(per_day=1)).daily.groupby("day")["answered"].sum()
    answered = [str(day.date()) for day, count in daily.items() if count]
    assert answered == ["2026-01-09", "2026-01-13", "2026-01-14", "2026-01-15", "2026-01-16"]


def test_mean_days_are_those_of_closed_tickets_with_a_term():
    """Transfers and open tickets have no answer time; an answer on the day of arrival takes none."""
    rows = [
        cohort(date(2026, 1, 5), date(2026, 1, 9), fate="answered", tickets=3),
        cohort(date(2026, 1, 5), date(2026, 1, 5), fate="archived"),
        cohort(date(2026, 1, 5), date(2026, 1, 7), fate="transferred"),
    ]
    assert simulated(frame(rows), WINDOW, Variation()).mean_days == pytest.approx(3.0)


def test_an_empty_inbox():
    """Nothing came: zeros, and no rate to speak of."""
    outcome = simulated(frame([]), WINDOW, Variation(per_day=3))
    assert (outcome.total("received"), outcome.breach_rate, outcome.mean_days) == (0, None, None)
    assert answers_per_business_day(frame([]), WINDOW) == 0
