"""Exercise 4: when a request counts as received, and the last day to answer it."""

from datetime import date, datetime, timedelta

BEHIND_UTC = timedelta(hours=5)
ONE_DAY = timedelta(days=1)
SATURDAY = 5


def due(opened_at: datetime, term_days: int, extension_days: int, holidays: set[date]) -> tuple[date, date]:
    received_on = (opened_at - BEHIND_UTC).date()
    while not is_business(received_on, holidays):
        received_on += ONE_DAY
    day = received_on
    for _ in range(term_days):
        day += ONE_DAY
        while not is_business(day, holidays):
            day += ONE_DAY
    return received_on, day + timedelta(days=extension_days)


def is_business(day: date, holidays: set[date]) -> bool:
    return day.weekday() < SATURDAY and day not in holidays
