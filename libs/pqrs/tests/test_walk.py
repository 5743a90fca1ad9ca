"""A term as a person counts it on a calendar."""

from __future__ import annotations

from datetime import date

from pqrs.walk import walked

NEVER = {"suspended_from": None, "suspended_to": None}


def test_the_day_of_reception_does_not_count_and_weekends_and_holidays_neither():
    """Received on a Friday before the Monday of the Three Kings: the first business day is the Tuesday."""
    days = walked({"received_on": date(2026, 1, 9)} | NEVER, date(2026, 1, 14))
    assert [(day.day.day, day.kind, day.counted) for day in days] == [
        (9, "received", 0),
        (10, "weekend", 0),
        (11, "weekend", 0),
        (12, "holiday", 0),
        (13, "business", 1),
        (14, "business", 2),
    ]
    assert "Reyes" in days[3].name


def test_the_clock_stands_still_after_the_request_to_complete_up_to_the_completion():
    """The day of the request still counts, that of the completion does not."""
    ticket = {"received_on": date(2026, 2, 2), "suspended_from": date(2026, 2, 3), "suspended_to": date(2026, 2, 5)}
    days = walked(ticket, date(2026, 2, 6))
    assert [(day.kind, day.counted) for day in days] == [
        ("received", 0),
        ("business", 1),
        ("suspended", 1),
        ("suspended", 1),
        ("business", 2),
    ]


def test_what_was_closed_before_its_legal_reception_has_no_days():
    """An answer at a week-end to what arrived at that week-end."""
    assert walked({"received_on": date(2026, 2, 2)} | NEVER, date(2026, 2, 1)) == []
