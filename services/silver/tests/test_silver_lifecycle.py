"""The life of a ticket: its states, what its replies amount to, and what moves its legal clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_silver.clock import Clock, columns
from pqr_silver.events import rebuilt
from pqr_silver.lifecycle import folded
from pqr_silver.machine import ACTORS, EVENT_TYPES, KINDS, STATUSES
from pqr_silver.steps import Steps
from pqrs import calendar, terms
from pqrs.catalogue import PQRS_TYPES

# Received on Monday 2026-01-05: 15 business days end on 2026-01-27 (12 January is a holiday).
OPENED = "2026-01-05 09:00 | request\n2026-01-05 09:02 | acknowledgement\n"
DUE = date(2026, 1, 27)
CLOSING_TIME = 17 * 60  # as in conftest.py


def told(ticket: dict[str, object], *names: str) -> tuple[object, ...]:
    return tuple(ticket[name] for name in names)


def test_an_answer_on_the_last_day_is_in_term(inbox):
    """The term ends with its last day; business days count from the day after reception."""
    ticket = inbox.ticket(OPENED + "2026-01-27 16:59 | answer")
    assert told(ticket, "status", "due_on", "effective_due_on", "answered_on") == ("answered", DUE, DUE, DUE)
    assert told(ticket, "business_days", "is_due", "is_breached", "is_overdue") == (15, True, False, False)


def test_an_answer_a_day_late_is_a_breach(inbox):
    """Answered after its due date is breached, closed and not overdue."""
    ticket = inbox.ticket(OPENED + "2026-01-28 08:00 | answer")
    assert told(ticket, "status", "business_days", "is_breached", "is_overdue") == ("answered", 16, True, False)


def test_mail_after_hours_is_received_the_next_business_day(inbox):
    """Sent on Friday at 17:00, received on Tuesday when Monday is a holiday."""
    ticket = inbox.ticket("2026-01-09 17:00 | request")
    assert told(ticket, "received_on", "due_on") == (date(2026, 1, 13), date(2026, 2, 3))


@pytest.mark.parametrize(
    ("as_of", "is_due", "is_overdue"),
    [(date(2026, 1, 26), False, False), (date(2026, 1, 27), True, True), (date(2026, 1, 28), True, True)],
)
def test_open_and_due_today_is_overdue_when_the_day_ends(inbox, as_of, is_due, is_overdue):
    """The window ends with the end of its last day, so a ticket due that day and still open has run out of term."""
    ticket = inbox.ticket(OPENED, as_of=as_of)
    assert told(ticket, "is_due", "is_overdue", "is_breached") == (is_due, is_overdue, is_overdue)
    assert told(ticket, "status", "closed_at", "business_days") == ("acknowledged", None, None)


def test_an_extension_in_time_moves_only_the_effective_date(inbox):
    """Notified before the term ends, its days are added; the due date by law stays."""
    ticket = inbox.ticket(OPENED + "2026-01-27 10:00 | extension | 8\n2026-02-06 10:00 | answer")
    assert told(ticket, "due_on", "effective_due_on", "extension_days") == (DUE, date(2026, 2, 6), 8)
    assert told(ticket, "is_extended", "is_breached") == (True, False)


def test_an_extension_after_the_term_is_void(inbox):
    """Notified a day late it moves nothing and its event says so."""
    text = OPENED + "2026-01-28 10:00 | extension | 8\n2026-02-06 10:00 | answer"
    ticket, event = inbox.ticket(text), inbox.events(text)[2]
    assert told(ticket, "effective_due_on", "extension_days", "is_extended", "is_breached") == (DUE, 0, False, True)
    assert told(event, "event_type", "extension_days", "is_effective", "to_status") == (
        "extended",
        0,
        False,
        "in_progress",
    )


def test_extensions_at_most_double_the_term(inbox):
    """Two notices of ten days give fifteen more, not twenty; the second still counts from the extended date."""
    ticket = inbox.ticket(OPENED + "2026-01-20 10:00 | extension | 10\n2026-02-10 10:00 | extension | 10")
    assert told(ticket, "extension_days", "effective_due_on") == (15, date(2026, 2, 17))


@pytest.mark.parametrize("days", ["99999", "30000", "36", "0", "-5", "8.5", "ocho", ""])
def test_what_no_law_allows_is_named_and_not_obeyed(inbox, days):
    """No extension is longer than any law allows, or of no day; the step says that it was refused, and moves nothing."""
    text = OPENED + f"2026-01-20 10:00 | extension | {days}"
    assert told(inbox.ticket(text), "effective_due_on", "extension_days", "is_extended") == (DUE, 0, False)
    assert told(inbox.events(text)[2], "event_type", "extension_days", "is_effective", "to_status") == (
        "extension_refused", None, False, "in_progress",
    )  # fmt: skip


def test_completing_ends_the_suspension(inbox):
    """Days after the request to complete, up to the day the citizen completed, do not count."""
    text = OPENED + "2026-01-08 10:00 | completion_request\n2026-01-14 18:00 | completion\n2026-02-02 10:00 | answer"
    ticket = inbox.ticket(text)
    # Asked on Thursday 8th, completed after hours on Wednesday 14th, so received on the 15th: 9, 13, 14, 15 stand still.
    assert told(ticket, "due_on", "suspended_days", "effective_due_on") == (DUE, 4, date(2026, 2, 2))
    assert told(ticket, "is_suspended", "is_breached", "status") == (True, False, "answered")
    assert [event["to_status"] for event in inbox.events(text)] == [
        "received",
        "acknowledged",
        "in_progress",
        "in_progress",
        "answered",
    ]


def test_without_completion_the_suspension_lasts_a_month(inbox):
    """A calendar month after the request, rolled to a business day; then the petition may be archived in term."""
    text = OPENED + "2026-01-08 10:00 | completion_request\n2026-02-11 10:00 | archive"
    ticket = inbox.ticket(text)
    assert told(ticket, "status", "is_archived", "is_breached", "answered_on") == ("archived", True, False, None)
    stopped = int(calendar.business_days_between(date(2026, 1, 8), date(2026, 2, 9)))
    assert told(ticket, "suspended_days", "closed_on") == (stopped, date(2026, 2, 11))
    assert told(ticket, "business_days") == (int(calendar.business_days_between(date(2026, 1, 5), date(2026, 2, 11))),)


def test_a_request_to_complete_after_the_term_suspends_nothing(inbox):
    """A clock that has run out cannot be stopped."""
    text = OPENED + "2026-01-28 10:00 | completion_request\n2026-01-29 10:00 | completion"
    ticket, events = inbox.ticket(text), inbox.events(text)
    assert told(ticket, "is_suspended", "suspended_days", "effective_due_on") == (False, 0, DUE)
    assert [event["is_effective"] for event in events[2:]] == [False, False]


@pytest.mark.parametrize(
    ("pqrs_type", "when", "stops"),
    [
        ("PET_PAR", "2026-01-20", True),  # the tenth business day after reception
        ("PET_PAR", "2026-01-21", False),  # though the term runs until 2026-01-27
        ("PET_PAR", "2026-01-22", False),
        ("PET_DOC", "2026-01-19", True),
        ("PET_DOC", "2026-01-20", False),  # in its days, but the last of the term: nothing is left to stop
    ],
)
def test_a_request_to_complete_suspends_in_ten_days_and_before_the_last(inbox, pqrs_type, when, stops):
    """Ley 1755 of 2015, art. 17. Flag, days, due date and both events say the same."""
    opened = f"2026-01-05 09:00 | request\n2026-01-05 09:02 | acknowledgement | {pqrs_type}\n"
    text = opened + f"{when} 10:00 | completion_request\n2026-01-23 10:00 | completion"
    ticket = inbox.ticket(text)
    assert ticket["is_suspended"] == stops == (ticket["suspended_days"] > 0)
    assert (ticket["effective_due_on"] > ticket["due_on"]) == stops
    assert [event["is_effective"] for event in inbox.events(text)[2:]] == [stops, stops]


def test_only_what_moves_the_clock_is_effective(inbox):
    """A second request to complete stops nothing, so completing again sets nothing going."""
    once = OPENED + "2026-01-08 10:00 | completion_request\n2026-01-09 10:00 | completion\n"
    twice = once + "2026-01-15 10:00 | completion_request\n2026-01-20 10:00 | completion"
    assert [event["is_effective"] for event in inbox.events(twice)[2:]] == [True, True, False, False]


def test_only_the_first_request_to_complete_suspends(inbox):
    """The law allows to ask once."""
    once = OPENED + "2026-01-08 10:00 | completion_request\n2026-01-09 10:00 | completion\n"
    twice = once + "2026-01-15 10:00 | completion_request\n2026-01-20 10:00 | completion"
    assert inbox.ticket(once)["effective_due_on"] == inbox.ticket(twice)["effective_due_on"] == date(2026, 1, 28)


def test_a_transfer_in_time_ends_the_ticket_outside_the_rate(inbox):
    """Within five business days it is closed here, and no term of ours runs."""
    ticket = inbox.ticket(OPENED + "2026-01-13 10:00 | transfer")
    assert told(ticket, "status", "is_transferred", "has_term", "is_due", "is_breached") == (
        "transferred",
        True,
        False,
        False,
        False,
    )
    assert told(ticket, "closed_on", "business_days", "term_days") == (date(2026, 1, 13), None, 15)


def test_a_transfer_too_late_ends_nothing(inbox):
    """After the five days the petition stays here and its term runs on."""
    text = OPENED + "2026-01-14 10:00 | transfer"
    ticket = inbox.ticket(text)
    assert told(ticket, "status", "is_transferred", "has_term", "is_overdue") == ("in_progress", False, True, True)
    assert inbox.events(text)[2]["is_effective"] is False


def test_a_reopening_leaves_the_first_answer_standing(inbox):
    """The ticket is reopened until a second answer; the rate judges the first."""
    text = OPENED + "2026-01-20 10:00 | answer\n2026-01-21 20:00 | reopening\n"
    open_again, closed = inbox.ticket(text), inbox.ticket(text + "2026-03-20 10:00 | answer")
    assert told(open_again, "status", "is_reopened", "is_overdue") == ("reopened", True, False)
    assert told(closed, "status", "answered_on", "is_breached") == ("answered", date(2026, 1, 20), False)


def test_denied_access_is_told_by_the_answer(inbox):
    """Only the answer's decision counts."""
    assert inbox.ticket(OPENED + "2026-01-20 10:00 | answer | acceso negado")["is_access_denied"]
    assert not inbox.ticket(OPENED + "2026-01-20 10:00 | answer")["is_access_denied"]


def test_praise_has_no_term(inbox):
    """A felicitación is acknowledged and never due."""
    ticket = inbox.ticket(
        "2026-01-05 09:00 | request | Felicitación - Ruido\n2026-01-05 09:02 | acknowledgement | FELICITACION"
    )
    assert told(ticket, "term_days", "due_on", "effective_due_on", "has_term", "is_breached") == (
        None,
        None,
        None,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("before", "reply", "kind"),
    [
        ("", "insistence", "insistence"),
        ("", "completion", "insistence"),
        ("2026-01-08 10:00 | completion_request\n", "completion", "completion"),
        ("2026-01-08 10:00 | answer\n", "insistence", "reopening"),
        ("2026-01-08 10:00 | answer\n", "reopening", "reopening"),
        ("2026-01-08 10:00 | answer\n2026-01-08 11:00 | reopening\n", "reopening", "insistence"),
        ("2026-01-08 10:00 | transfer\n", "insistence", "insistence"),
        ("2026-01-08 10:00 | completion_request\n2026-01-09 10:00 | archive\n", "completion", "insistence"),
    ],
)
def test_a_reply_is_what_it_is_in_its_context(inbox, before, reply, kind):
    """The state decides what a citizen's reply amounts to, whatever mail it answers."""
    found = inbox.silver(inbox.bronze(inbox.thread("1", f"{OPENED}{before}2026-01-15 10:00 | {reply}")))
    assert found.emails["kind"].to_pylist()[-1] == kind
    assert found.ticket_events["event_type"].to_pylist()[-1] == EVENT_TYPES[KINDS.index(kind)]


def test_a_reply_written_before_the_answer_does_not_contest_it(inbox):
    """Delivered late, after the answer, it is still the insistence it was."""
    text = OPENED + "2026-01-14 10:00 | answer\n2026-01-15 10:00 | insistence || sent 2026-01-13 10:00"
    ticket = inbox.ticket(text)
    assert told(ticket, "status", "is_reopened", "count_insistences") == ("answered", False, 1)


def test_an_event_tells_who_did_it():
    """Citizens ask, the entity acts, only the acknowledgement is automatic."""
    assert [kind for kind, actor in zip(KINDS, ACTORS, strict=True) if actor == "citizen"] == [
        "request",
        "completion",
        "insistence",
        "reopening",
    ]
    assert [kind for kind, actor in zip(KINDS, ACTORS, strict=True) if actor == "system"] == ["acknowledgement"]


def test_tickets_are_a_fold_of_their_events(inbox):
    """Clock and status of every ticket follow from its events alone, in whatever order the tickets come."""
    lives = [
        "2026-01-08 10:00 | completion_request\n2026-01-14 18:00 | completion\n2026-02-02 10:00 | answer",
        "2026-01-13 10:00 | transfer",
        "2026-01-28 10:00 | extension | 8\n2026-01-29 10:00 | insistence",
        "2026-01-20 10:00 | answer\n2026-01-21 10:00 | insistence || sent 2026-01-19 10:00",
        "2026-01-20 10:00 | answer\n2026-01-21 10:00 | insistence",
        "",
    ]
    found = inbox.silver(inbox.bronze(*(inbox.thread(str(n), OPENED + life) for n, life in enumerate(lives))))
    events = found.ticket_events.sort_by([("ticket_id", "ascending"), ("seq", "ascending")])
    again = rebuilt(events, pc.unique(events["ticket_id"]), closing_time=CLOSING_TIME)
    tickets = found.tickets.sort_by("ticket_id").select(again.column_names)
    assert tickets.cast(again.schema).equals(again)
    assert found.count_unfaithful == 0


# A second opinion: one ticket at a time, one day at a time.
TYPES = {10: "PET_DOC", 15: "PET_GEN", 30: "CONSULTA"}  # by their terms
NAIVE_KINDS = ("acknowledgement", "transfer", "completion_request", "completion", "extension", "progress", "answer",
               "archive", "insistence", "reopening")  # fmt: skip


def naive_due(received, term, extension, paused_from, paused_to):
    day, left = received, term + extension
    while left:
        day += timedelta(days=1)
        business = np.is_busday(day, busdaycal=calendar.BUSINESS_DAYS)
        left -= bool(business) and not (paused_from is not None and paused_from < day <= paused_to)
    return day


def naive_life(received, term, steps):
    """(closing kind, closed on, effective due date) of a ticket, by the rules as one would read them aloud."""
    extension, paused_from, paused_to, closing, closed_on, waits = 0, None, None, None, None, False
    for kind, at, days in steps:
        day = (at - timedelta(hours=5)).date()
        if closing:
            break
        due = naive_due(received, term, extension, paused_from, paused_to)
        if kind == "extension" and day <= due:
            extension = min(extension + days, term)
        elif kind == "completion_request":
            if day < due and day <= naive_due(received, 10, 0, None, None) and paused_from is None:
                paused_from, paused_to = day, terms.completion_deadline(day).item()
            waits = True
        elif kind == "completion" and waits:
            waits = False
            if paused_from is not None:
                paused_to = min(paused_to, terms.received_on(at, CLOSING_TIME).item())
        elif kind in ("answer", "archive") or (kind == "transfer" and day <= naive_due(received, 5, 0, None, None)):
            closing, closed_on = kind, day
    return closing, closed_on, naive_due(received, term, extension, paused_from, paused_to)


lives = st.lists(st.tuples(st.sampled_from(NAIVE_KINDS), st.integers(1, 400), st.integers(0, 12)), max_size=7)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1500), st.sampled_from((10, 15, 30)), lives), min_size=1, max_size=4))
def test_the_fold_agrees_with_a_naive_walk(tickets):
    """Whatever happens in a life, folding all lives together gives what walking through each gives."""
    rows, terms_of, starts = [], [], []
    for number, (hours, term, life) in enumerate(tickets):
        at = datetime.fromisoformat("2026-01-05T13:00") + timedelta(hours=hours)
        starts.append(at)
        terms_of.append(term)
        rows.append((number, "request", at, 0))
        for kind, gap, days in life:
            at += timedelta(hours=gap)
            rows.append((number, kind, at, days if kind == "extension" else 0))
    number, kind, at, days = zip(*rows, strict=True)
    steps = Steps(
        np.array(number),
        np.array([KINDS.index(k) for k in kind], np.int8),
        np.array(at, "datetime64[us]"),
        np.array(days, np.int16),
        np.array([PQRS_TYPES.index(TYPES[terms_of[n]]) if k == "request" else -1 for n, k, *_ in rows], np.int8),
        CLOSING_TIME,
    )
    received = terms.received_on(np.array(starts, "datetime64[us]"), CLOSING_TIME)
    table = pa.table(columns(folded(steps, Clock.unborn(len(tickets))).clock)).to_pylist()
    for ticket, row in enumerate(table):
        mine = [(k, a, d) for n, k, a, d in rows if n == ticket]
        closing, closed_on, due = naive_life(received[ticket].item(), terms_of[ticket], mine)
        assert (row["closed_on"], row["effective_due_on"]) == (closed_on, due)
        assert (row["is_transferred"], row["is_archived"]) == (closing == "transfer", closing == "archive")
        assert row["has_term"] == (closing != "transfer")
        assert row["status"] in STATUSES


CLAIM = """
2026-01-16 22:30 | request         | Reclamo en salud con riesgo vital - Contaminación por ruido
2026-01-16 22:31 | acknowledgement | SALUD_V
"""


def test_a_term_in_hours_runs_on_over_the_weekend(inbox):
    """A claim of Friday night is received as it arrives and due on Saturday night, 24 hours later."""
    ticket = inbox.ticket(CLAIM + "2026-01-17 22:29 | answer")
    assert told(ticket, "term_days", "term_hours", "received_on", "due_on", "effective_due_on") == (
        None, 24, date(2026, 1, 16), date(2026, 1, 17), date(2026, 1, 17),
    )  # fmt: skip
    assert told(ticket, "due_at", "has_term") == (datetime(2026, 1, 18, 3, 30, tzinfo=UTC), True)
    assert ticket["closed_at"] < ticket["due_at"]


def test_nothing_extends_or_stops_a_term_in_hours(inbox):
    """Neither notice has an effect, and the events say so."""
    text = CLAIM + "2026-01-16 23:00 | extension | 8\n2026-01-17 08:00 | completion_request\n"
    ticket, events = inbox.ticket(text), inbox.events(text)
    assert told(ticket, "extension_days", "is_suspended", "suspended_days") == (0, False, 0)
    assert [event["is_effective"] for event in events[2:]] == [False, False]


@pytest.mark.parametrize(("when", "is_transferred"), [("2026-01-17 22:29", True), ("2026-01-17 22:30", False)])
def test_a_term_in_hours_leaves_only_those_to_pass_it_on(inbox, when, is_transferred):
    """The five days of the law do not lengthen it: once it has run out the claim stays here, and overdue."""
    ticket = inbox.ticket(CLAIM + when + " | transfer")
    assert told(ticket, "is_transferred", "has_term") == (is_transferred, not is_transferred)


def test_an_acknowledgement_may_put_a_petition_under_hours(inbox):
    """What a citizen calls a petition and the entity a claim at risk of life has its hours from its arrival."""
    request = "2026-01-16 22:30 | request\n"
    assert inbox.ticket(request)["received_on"] == date(2026, 1, 19)
    ticket = inbox.ticket(request + "2026-01-16 22:31 | acknowledgement | SALUD_P")
    assert told(ticket, "received_on", "term_days", "term_hours") == (date(2026, 1, 16), None, 48)
    assert ticket["due_at"] == datetime(2026, 1, 19, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(("pqrs_type", "granted"), [("HD_CONSULTA", 5), ("HD_RECLAMO", 8), ("SPD", 0), ("PET_AUT", 10)])
def test_other_laws_allow_less_than_double(inbox, pqrs_type, granted):
    """Habeas data gives five and eight days more, public utilities none."""
    request = "2026-01-05 09:00 | request\n2026-01-05 09:01 | acknowledgement | " + pqrs_type
    assert inbox.ticket(request + "\n2026-01-13 10:00 | extension | 15")["extension_days"] == granted


def test_an_approval_by_silence_is_an_answer_after_the_term(inbox):
    """The entity says what the law has made of its silence; the event tells it from any other late answer."""
    text = OPENED + "2026-01-29 10:00 | silence"
    assert told(inbox.ticket(text), "status", "answered_on", "is_breached") == ("answered", date(2026, 1, 29), True)
    assert told(inbox.events(text)[2], "event_type", "actor", "to_status") == (
        "approved_by_silence", "entity", "answered",
    )  # fmt: skip


@pytest.mark.parametrize("before", ["", "2026-02-02 10:00 | answer\n"])
def test_a_suit_is_an_event_that_moves_no_state(inbox, before):
    """A court asks about a petition, answered by then or not; the ticket stays as it was."""
    text = OPENED + before
    assert inbox.ticket(text)["status"] == inbox.ticket(text + "2026-02-20 10:00 | tutela")["status"]
    assert told(inbox.events(text + "2026-02-20 10:00 | tutela")[-1], "event_type", "actor") == ("sued", "court")
    assert inbox.ticket(text + "2026-02-20 10:00 | tutela")["count_insistences"] == 0


def test_an_answer_may_refer_to_an_earlier_one(inbox):
    """Then the petition was reiterative, as its answer decides; it is answered like any other."""
    answer = "2026-01-15 10:00 | answer | "
    assert told(inbox.ticket(OPENED + answer + "petición reiterada"), "is_reiterative", "status") == (True, "answered")
    assert told(inbox.ticket(OPENED + answer + "atendida"), "is_reiterative", "status") == (False, "answered")


def test_an_annulled_number_is_closed_outside_the_rate(inbox):
    """It keeps its radicado and its term, is no answer and no breach, and nothing reopens it."""
    text = OPENED + "2026-01-06 10:00 | annulment\n"
    ticket = inbox.ticket(text)
    assert told(ticket, "status", "is_archived", "is_transferred", "has_term", "term_days") == (
        "annulled", True, False, False, 15,
    )  # fmt: skip
    assert told(ticket, "answered_on", "closed_on", "business_days", "is_breached", "is_overdue") == (
        None, date(2026, 1, 6), None, False, False,
    )  # fmt: skip
    assert inbox.ticket(text + "2026-01-08 10:00 | insistence\n2026-01-09 10:00 | answer")["status"] == "annulled"
    assert told(inbox.events(text)[2], "event_type", "actor", "to_status") == ("annulled", "entity", "annulled")
