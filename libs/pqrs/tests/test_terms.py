"""The calendar, the terms and the clock of a PQRS, by named cases and against a walker of single days."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import holidays
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqrs import calendar, catalogue, terms

FREE_DAYS = {day.item() for day in calendar.HOLIDAYS}
BUSINESS_DAYS = [
    day
    for day in (date(2019, 1, 1) + timedelta(days=n) for n in range(9 * 365 + 2))
    if day.weekday() < 5 and day not in FREE_DAYS
]

business_day = st.sampled_from([day for day in BUSINESS_DAYS if day.year < 2027])
any_day = st.dates(date(2019, 1, 1), date(2026, 12, 31))


def walked(start: date, count: int, paused_from: date | None = None, paused_to: date | None = None) -> date:
    """Goes from `start` one day at a time until `count` business days that are not suspended have passed."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        paused = paused_from is not None and paused_to is not None and paused_from < day <= paused_to
        if day.weekday() < 5 and day not in FREE_DAYS and not paused:
            count -= 1
    return day


def one(value: object) -> date:
    return np.asarray(value).reshape(-1)[0].item()


@pytest.mark.parametrize("year", range(2015, 2036))
def test_holidays_agree_with_the_library(year: int) -> None:
    """The frozen holidays of a year are those the library resolves today."""
    frozen = [day.item() for day in calendar.HOLIDAYS if day.item().year == year]
    assert frozen == sorted(holidays.country_holidays("CO", years=year))


def test_colliding_holidays_are_one_free_day() -> None:
    """Sagrado Corazón and San Pedro fall together on 2019-07-01 and 2025-06-30: 17 dates, not 18."""
    for year, day in ((2019, date(2019, 7, 1)), (2025, date(2025, 6, 30))):
        assert day in FREE_DAYS
        assert sum(free.year == year for free in FREE_DAYS) == 17


def test_chiquinquira_is_a_holiday_from_2026() -> None:
    """Ley 2578 of 2026 adds 9 July, moved to Monday: 2026-07-13 is free, no year before has that holiday."""
    assert date(2026, 7, 13) in FREE_DAYS
    assert not {free for free in FREE_DAYS if free.year < 2026 and free.month == 7 and 9 <= free.day <= 15}


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (date(2025, 6, 27), 10, date(2025, 7, 14)),
        (date(2025, 12, 15), 15, date(2026, 1, 7)),
        (date(2026, 6, 22), 15, date(2026, 7, 15)),
        (date(2019, 6, 28), 1, date(2019, 7, 2)),
    ],
)
def test_named_due_dates(received: date, days: int, due: date) -> None:
    """The term counts from the business day after reception and skips holidays in mid week."""
    assert one(calendar.add_business_days(received, days)) == due
    assert one(terms.effective_due_on(received, days)) == due


@pytest.mark.parametrize(
    ("year", "counts"),
    [
        (2025, [21, 20, 20, 20, 21, 18, 23, 19, 22, 22, 18, 21]),
        (2026, [20, 20, 21, 20, 19, 19, 21, 19, 22, 21, 19, 21]),
    ],
)
def test_business_days_of_each_month(year: int, counts: list[int]) -> None:
    """Business days per month, as counted by hand from the official calendar."""
    firsts = np.arange(f"{year}-01", f"{year + 1}-02", dtype="datetime64[M]").astype("datetime64[D]")
    found = calendar.business_days_between(firsts[:-1] - 1, firsts[1:] - 1)
    assert found.tolist() == counts


@pytest.mark.parametrize(
    ("arrival_utc", "day", "day_if_open_till_midnight"),
    [
        ("2026-01-05T21:59:59", date(2026, 1, 5), date(2026, 1, 5)),  # 16:59:59 in Bogotá
        ("2026-01-05T22:00:00", date(2026, 1, 6), date(2026, 1, 5)),  # 17:00:00
        ("2026-01-06T04:59:59", date(2026, 1, 6), date(2026, 1, 5)),  # 23:59:59 of the 5th
        ("2026-01-06T05:00:00", date(2026, 1, 6), date(2026, 1, 6)),  # 00:00:00 of the 6th
        ("2026-01-09T22:30:00", date(2026, 1, 13), date(2026, 1, 9)),  # Friday evening before a long weekend
        ("2026-01-10T15:00:00", date(2026, 1, 13), date(2026, 1, 13)),  # Saturday
        ("2026-01-12T15:00:00", date(2026, 1, 13), date(2026, 1, 13)),  # Epiphany, moved to Monday
    ],
)
def test_reception_after_hours_or_on_a_free_day_is_the_next_business_day(
    arrival_utc: str, day: date, day_if_open_till_midnight: date
) -> None:
    """An e-mail at or after the close, or on a day without business, is received the next business day."""
    assert one(terms.received_on(arrival_utc, 17 * 60)) == day
    assert one(terms.received_on(arrival_utc, terms.MIDNIGHT)) == day_if_open_till_midnight


@pytest.mark.parametrize(
    ("received", "general", "documents", "consultation"),
    [
        (date(2015, 1, 2), 15, 10, 30),
        (date(2020, 2, 13), 15, 10, 30),
        (date(2020, 2, 14), 15, 10, 35),
        (date(2020, 3, 5), 15, 10, 35),
        (date(2020, 3, 6), 30, 10, 35),
        (date(2020, 3, 12), 30, 10, 35),
        (date(2020, 3, 13), 30, 20, 35),
        (date(2020, 3, 27), 30, 20, 35),
        (date(2022, 5, 17), 30, 20, 35),
        (date(2022, 5, 18), 15, 10, 30),
        (date(2026, 1, 5), 15, 10, 30),
    ],
)
def test_terms_of_the_emergency(received: date, general: int, documents: int, consultation: int) -> None:
    """Until 2022-05-17 the terms are 30, 20 and 35 days, also of what was under way on 2020-03-28; else 15, 10 and 30."""
    codes = ["PET_GEN", "QUEJA", "DENUNCIA", "PET_INF", "PET_DOC", "CONSULTA", "FELICITACION", "OTRO", None]
    found = terms.term_days(pa.array(codes), np.full(len(codes), received, dtype="datetime64[D]"))
    assert found.tolist() == [general] * 3 + [documents] * 2 + [consultation, -1, -1, -1]


def test_the_emergency_rules_every_petition_that_was_under_way() -> None:
    """Decreto 491 of 28 March 2020, art. 5: those whose ordinary term had not ended yet, by walking, and no others."""
    ordinary = {"PET_GEN": 15, "PET_PAR": 15, "QUEJA": 15, "RECLAMO": 15, "SUGERENCIA": 15, "DENUNCIA": 15,
                "PET_INF": 10, "PET_DOC": 10, "CONSULTA": 30}  # fmt: skip
    emergency = {15: 30, 10: 20, 30: 35}
    under_way = 0
    for code, term in ordinary.items():
        for received in (day for day in BUSINESS_DAYS if date(2020, 1, 2) <= day < date(2020, 3, 28)):
            is_under_way = walked(received, term) >= date(2020, 3, 28)
            expected = emergency[term] if is_under_way else term
            assert terms.term_days(pa.array([code]), [received]).tolist() == [expected], (code, received)
            under_way += is_under_way
    assert under_way == 140


def test_a_day_before_the_first_policy_has_no_term() -> None:
    """Nothing is claimed about days before the calendar begins."""
    assert terms.term_days(pa.array(["QUEJA"]), ["2014-12-31"]).tolist() == [terms.NO_TERM]


def test_every_type_of_the_catalogue_has_a_policy() -> None:
    """Types have one list of codes."""
    assert tuple(dict.fromkeys(policy.pqrs_type for policy in terms.POLICIES)) == catalogue.PQRS_TYPES


def test_policies_follow_each_other_without_gap_or_overlap() -> None:
    """Each type has one policy for each day from the first version on, at most doubled by an extension."""
    for code in catalogue.PQRS_TYPES:
        versions = sorted((p for p in terms.POLICIES if p.pqrs_type == code), key=lambda p: p.valid_from)
        assert versions[0].valid_from == calendar.FIRST_DAY
        assert versions[-1].valid_to is None
        for earlier, later in itertools.pairwise(versions):
            assert earlier.valid_to is not None
            assert later.valid_from - earlier.valid_to == timedelta(days=1)
        assert all(p.max_extension_days <= (p.term_days or 0) for p in versions)


@pytest.mark.parametrize(
    ("requested", "deadline"),
    [
        (date(2026, 1, 8), date(2026, 2, 9)),  # 8 February is a Sunday
        (date(2026, 1, 30), date(2026, 3, 2)),  # no 30 February: its 28th, a Saturday, rolls on
        (date(2026, 3, 9), date(2026, 4, 9)),
    ],
)
def test_a_month_to_complete_runs_on_the_calendar(requested: date, deadline: date) -> None:
    """Months count on the calendar and end on the next business day."""
    assert one(terms.completion_deadline(requested)) == deadline


def test_the_calendar_is_of_whole_years() -> None:
    """What it knows follows from its holidays; runs must end a year before it does."""
    assert [calendar.FIRST_DAY.isoformat(), calendar.LAST_DAY.isoformat()] == ["2015-01-01", "2035-12-31"]


def test_local_time_and_utc_are_inverse() -> None:
    """Bogotá is five hours behind UTC the whole year."""
    summer, winter = np.array(["2026-01-05T22:00", "2026-07-05T03:00"], "datetime64[us]")
    for instant, shown in ((summer, "2026-01-05T17:00"), (winter, "2026-07-04T22:00")):
        assert calendar.local_time(instant) == np.datetime64(shown)
        assert calendar.utc_time(np.datetime64(shown)) == instant


def test_unknown_days_stay_unknown() -> None:
    """NaT in, NaT out; counts between unknown days are 0; no term means no due date."""
    nat = np.datetime64("NaT")
    assert np.isnat(terms.received_on([nat], terms.MIDNIGHT)).all()
    assert np.isnat(terms.completion_deadline([nat])).all()
    assert np.isnat(terms.effective_due_on([nat, np.datetime64("2026-01-05")], [15, terms.NO_TERM])).all()
    assert calendar.business_days_between([nat], ["2026-01-05"]).tolist() == [0]


@given(business_day, st.integers(0, 80))
def test_adding_business_days_is_walking(start: date, count: int) -> None:
    """The vectorised sum lands where the walker lands, and counting back gives the days that were added."""
    due = calendar.add_business_days(start, count)
    assert one(due) == walked(start, count)
    assert int(calendar.business_days_between(start, due)) == count


@given(any_day)
def test_the_next_business_day_is_reached_by_walking(day: date) -> None:
    """The next business day is the day itself or the first one a walker meets."""
    expected = day if day.weekday() < 5 and day not in FREE_DAYS else walked(day, 1)
    assert one(calendar.next_business_day(day)) == expected


@given(any_day, any_day)
def test_business_days_between_is_counting(first: date, last: date) -> None:
    """Days in (first, last] are those a walker counts; the other way round they are negative."""
    low, high = min(first, last), max(first, last)
    free = [low + timedelta(days=n) for n in range(1, (high - low).days + 1)]
    count = sum(day.weekday() < 5 and day not in FREE_DAYS for day in free)
    assert int(calendar.business_days_between(low, high)) == count
    assert int(calendar.business_days_between(high, low)) == -count


@given(business_day, st.integers(1, 35), st.integers(0, 35), st.integers(-10, 100), st.integers(-5, 90))
def test_the_effective_due_date_is_walked(
    received: date, term: int, extension: int, paused_after: int, paused_for: int
) -> None:
    """Extension and suspension move the due date exactly as a walker that skips suspended days."""
    paused_from = received + timedelta(days=paused_after)
    paused_to = paused_from + timedelta(days=paused_for)
    found = terms.effective_due_on(received, term, extension, suspended_from=paused_from, suspended_to=paused_to)
    assert one(found) == walked(received, term + extension, paused_from, paused_to)
    assert one(terms.effective_due_on(received, term, extension)) == walked(received, term + extension)


@given(st.lists(st.tuples(business_day, st.integers(1, 35)), min_size=1, max_size=20))
def test_each_row_stands_alone(rows: list[tuple[date, int]]) -> None:
    """A column of tickets gets the same dates as each ticket by itself."""
    received, term = (np.array(column) for column in zip(*rows, strict=True))
    together = terms.effective_due_on(received, term)
    assert [day.item() for day in together] == [walked(day, count) for day, count in rows]


@pytest.mark.parametrize(
    ("pqrs_type", "days", "longer"),
    [("PET_AUT", 10, 10), ("HD_CONSULTA", 10, 5), ("HD_RECLAMO", 15, 8), ("SPD", 15, 0), ("SPD_REC", 15, 0)],
)
def test_terms_of_other_laws(pqrs_type: str, days: int, longer: int) -> None:
    """Between authorities, habeas data and public utilities: how many business days, and how many more at most."""
    on = ["2026-01-05"]
    assert terms.term_days(pa.array([pqrs_type]), on).tolist() == [days]
    assert terms.extension_days_max(pa.array([pqrs_type]), on).tolist() == [longer]
    assert terms.term_hours(pa.array([pqrs_type]), on).tolist() == [terms.NO_TERM]


@pytest.mark.parametrize(
    ("on", "days", "hours"),
    [
        ("2018-09-13", [15, 15, 15], [-1, -1, -1]),
        ("2018-09-14", [2, 5, 5], [-1, -1, -1]),
        ("2023-06-22", [2, 5, 5], [-1, -1, -1]),
        ("2023-06-23", [-1, -1, -1], [24, 48, 72]),
    ],
)
def test_health_claims_have_terms_in_hours_since_the_circular_of_2023(
    on: str, days: list[int], hours: list[int]
) -> None:
    """In days before; a type has one term or the other on any day."""
    types, day = pa.array(["SALUD_V", "SALUD_P", "SALUD_S"]), np.full(3, on, "datetime64[D]")
    assert terms.term_days(types, day).tolist() == days
    assert terms.term_hours(types, day).tolist() == hours


def test_a_term_in_hours_runs_from_the_arrival_day_and_night() -> None:
    """A claim of Saturday night is received as it arrives and ends on Sunday night; a complaint waits for Monday."""
    saturday = np.array(["2026-01-18T03:30", "2026-01-18T03:30"], "datetime64[us]")  # 22:30 in Bogotá, the 17th
    received, days, hours = terms.reception(pa.array(["SALUD_V", "QUEJA"]), saturday, terms.MIDNIGHT)
    assert received.astype(str).tolist() == ["2026-01-17", "2026-01-19"]
    assert (days.tolist(), hours.tolist()) == ([-1, 15], [24, -1])
    due = terms.effective_due_on(received, days)
    ends = terms.due_at(due, saturday, hours)
    assert ends.astype("datetime64[m]").astype(str).tolist() == ["2026-01-19T03:30", "2026-02-10T05:00"]


def test_what_arrives_after_hours_on_the_eve_of_a_law_is_under_it() -> None:
    """The law of the day of reception rules, which is the next one; the hours still run from the arrival."""
    late = np.array(["2023-06-22T22:30"], "datetime64[us]")  # 17:30 in Bogotá
    received, days, hours = terms.reception(pa.array(["SALUD_V"]), late, 17 * 60)
    assert (received.astype(str).tolist(), days.tolist(), hours.tolist()) == (["2023-06-22"], [-1], [24])
