"""Few tickets in, every mart out, readable aloud. The window is January 2026; the 1st and the 12th are holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.tables.contract import required, violations
from pqr_gold import marts as marts_module
from pqr_gold import transform
from pqr_gold.marts import MARTS, PARTIALS, SHOWN
from pqr_gold.partials import FLOW, TERRITORY
from pqr_gold.schema import Partial, declared
from pqr_gold.stage import STAGE
from pqrs.calendar import BUSINESS_DAYS
from pqrs.catalogue import PQRS_TYPES

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)


@pytest.fixture(scope="module")
def tickets(new_ticket):
    return [
        # due on 2026-01-20 (10 business days from the 5th, the 12th is a holiday): answered in term after 4 days
        new_ticket("2026-01-05T09:30", pqrs_type="PET_INF", closed="2026-01-09"),
        new_ticket("2026-01-05T09:40", pqrs_type="PET_INF", closed="2026-01-22", is_access_denied=True),
        new_ticket("2026-01-05T10:00", pqrs_type="PET_INF", is_transferred=True, closed="2026-01-07"),
        # due on 2026-01-27: never answered, so overdue from then on
        new_ticket("2026-01-05T08:00", department="Huila"),
        # on a Saturday, so received on Tuesday the 13th: due on 2026-02-03, still pending
        new_ticket("2026-01-10T23:59", topic="SISBEN"),
        new_ticket("2026-01-10T23:59", closed="2026-01-30", is_archived=True),
        new_ticket("2026-01-10T12:00", pqrs_type="FELICITACION"),
    ]


@pytest.fixture(scope="module")
def marts(tickets, table_of, marts_of):
    return {name: made.to_pylist() for name, made in marts_of(table_of(tickets), FIRST, LAST).items()}


def _rows(marts, name, *columns, **where):
    found = [row for row in marts[name] if all(row[key] == value for key, value in where.items())]
    return [tuple(row[column] for column in columns) for row in found]


def test_executive(marts):
    """Every ticket ends in one way; the rate is that of the tickets whose term has ended."""
    (row,) = marts["kpi_executive"]
    ends = [row[name] for name in ("received", "answered", "archived", "transferred", "no_term", "open")]
    assert ends == [7, 2, 1, 1, 1, 2]
    assert [row[name] for name in ("due", "in_term", "late", "overdue", "breached")] == [3, 1, 1, 1, 2]
    assert row["breach_rate"] == Decimal("0.6667")
    assert (row["mean_business_days"], row["p50_business_days"], row["p90_business_days"]) == (Decimal("9.67"), 12, 13)


def test_closed_only_rate_is_another_figure(marts):
    """The closed-only rate leaves out what nobody answered, and is named so."""
    assert marts["kpi_executive"][0]["breach_rate_closed_only"] == Decimal("0.3333")


def test_daily_has_every_day_and_type(marts):
    """Each day of the window has a row for each type, with zeros where nothing happened."""
    assert len(marts["kpi_daily"]) == 31 * len(PQRS_TYPES)
    assert _rows(marts, "kpi_daily", "received", "backlog", day=date(2026, 1, 2), pqrs_type="QUEJA") == [(0, 0)]


def test_daily_backlog_ends_with_the_answer(marts):
    """A ticket is backlog from the day it is opened to the day before its answer, archive or transfer."""
    days = _rows(marts, "kpi_daily", "day", "backlog", pqrs_type="PET_INF")
    backlog = {day.day: count for day, count in days}
    assert [backlog[day] for day in (4, 5, 6, 7, 8, 9, 21, 22)] == [0, 3, 3, 2, 2, 1, 1, 0]


def test_daily_overdue_begins_at_the_end_of_the_last_day(marts):
    """A term ends at midnight of its last day: open then means overdue and breached on that day."""
    days = _rows(marts, "kpi_daily", "day", "due", "breached", "overdue", pqrs_type="PET_PAR")
    by_day = {day.day: rest for day, *rest in days}
    assert (by_day[26], by_day[27], by_day[28]) == ([0, 0, 0], [1, 1, 1], [0, 0, 1])


def test_praise_is_no_backlog(marts):
    """What needs no answer is received and never waits."""
    days = _rows(marts, "kpi_daily", "received", "backlog", "due", pqrs_type="FELICITACION")
    assert (sum(row[0] for row in days), max(row[1] for row in days), sum(row[2] for row in days)) == (1, 0, 0)


def test_sla_by_month_of_the_term(marts):
    """A month's terms are kept, late or open; closed-before-due and pending tickets wait for their month."""
    counts = _rows(marts, "kpi_sla", "month", "pqrs_type", "due", "in_term", "late", "open_overdue", "breach_rate")
    january = date(2026, 1, 1)
    assert counts == [
        (january, "PET_INF", 2, 1, 1, 0, Decimal("0.5000")),
        (january, "PET_PAR", 1, 0, 0, 1, Decimal("1.0000")),
    ]


def test_sla_without_answers_has_no_times(marts):
    """No closed ticket: the mean and percentiles are null, not zero."""
    times = _rows(marts, "kpi_sla", "mean_business_days", "p50_business_days", "p95_business_days", pqrs_type="PET_PAR")
    assert times == [(None, None, None)]


def test_backlog_age(marts):
    """Open tickets by business days since their legal reception, overdue or not."""
    found = [row for row in marts["kpi_backlog_age"] if row["tickets"]]
    assert [(row["pqrs_type"], row["age_band"], row["is_overdue"], row["tickets"]) for row in found] == [
        ("PET_PAR", "11-15", False, 1),
        ("PET_PAR", "16-30", True, 1),
    ]
    assert len(marts["kpi_backlog_age"]) == len(PQRS_TYPES) * 6 * 2


def test_territory_and_topic(marts):
    """Groups count the same tickets by another column."""
    assert _rows(marts, "kpi_territory", "received", "overdue", "breach_rate", department="Huila") == [
        (1, 1, Decimal("1.0000"))
    ]
    assert _rows(marts, "kpi_topic", "pqrs_type", "received", "due", "breach_rate", topic="SISBEN") == [
        ("PET_PAR", 1, 0, None)
    ]


def test_arrivals_in_local_time(marts):
    """Arrivals count in the hour of Bogotá, over all 168 hours of a week."""
    assert len(marts["kpi_arrivals"]) == 168
    assert _rows(marts, "kpi_arrivals", "received", "days", "per_day", weekday=1, hour=9) == [(2, 4, Decimal("0.50"))]
    assert _rows(marts, "kpi_arrivals", "received", weekday=6, hour=23) == [(2,)]


def test_response_time(marts):
    """The histogram holds every closed ticket with a term, early answers too."""
    columns = ("pqrs_type", "business_days", "tickets", "late", "cumulative_share")
    assert _rows(marts, "kpi_response_time", *columns) == [
        ("PET_INF", 4, 1, 0, Decimal("0.5000")),
        ("PET_INF", 12, 1, 1, Decimal("1.0000")),
        ("PET_PAR", 13, 1, 0, Decimal("1.0000")),
    ]


def test_cohorts(marts):
    """Tickets with the same dates and end are one row; outside the rate there is no term."""
    columns = ("opened_on", "received_on", "term_days", "effective_due_on", "closed_on", "fate", "tickets")
    first, saturday = date(2026, 1, 5), date(2026, 1, 10)
    assert _rows(marts, "kpi_cohorts", *columns, pqrs_type="PET_INF") == [
        (first, first, 10, date(2026, 1, 20), date(2026, 1, 9), "answered", 1),
        (first, first, 10, date(2026, 1, 20), date(2026, 1, 22), "answered", 1),
        (first, first, None, None, date(2026, 1, 7), "transferred", 1),
    ]
    assert _rows(marts, "kpi_cohorts", *columns, pqrs_type="FELICITACION") == [
        (saturday, date(2026, 1, 13), None, None, None, "no_term", 1)
    ]


def test_terms_in_hours_are_kept_or_broken_by_the_hour(new_ticket, table_of, marts_of, checks_of):
    """Three claims of Friday 09:30 with 24 hours, due on Saturday: in time at 09:29, late at 09:30 on that day, overdue."""
    closed = ("2026-01-10T09:29", "2026-01-10T09:30", None)
    rows = table_of([new_ticket("2026-01-09T09:30", pqrs_type="SALUD_V", closed=at) for at in closed])
    made = {name: table.to_pylist() for name, table in marts_of(rows, FIRST, LAST).items()}
    (sla,) = made["kpi_sla"]
    assert [sla[name] for name in ("due", "in_term", "late", "open_overdue")] == [3, 1, 1, 1]
    counts = ("received", "answered", "due", "breached", "backlog", "overdue")
    friday, saturday = (
        _rows(made, "kpi_daily", *counts, day=day, pqrs_type="SALUD_V") for day in (date(2026, 1, 9), date(2026, 1, 10))
    )
    assert (friday, saturday) == ([(3, 0, 0, 0, 3, 0)], [(0, 2, 3, 2, 1, 1)])
    assert _rows(made, "kpi_cohorts", "term_days", "effective_due_on", "closed_on", "tickets", "late") == [
        (None, date(2026, 1, 10), date(2026, 1, 10), 2, 1),
        (None, date(2026, 1, 10), None, 1, 0),
    ]
    checks = checks_of(marts_of(rows, FIRST, LAST), rows, FIRST, LAST)
    assert {check.status for check in checks} == {"passed"}


def test_report_access_to_information(marts):
    """Decreto 103 de 2015 art. 52: (a) received, (b) transferred, (c) time to answer, (d) access denied."""
    information, documents = (
        _rows(
            marts, "report_access_to_information",
            "received", "transferred", "mean_business_days", "max_business_days", "access_denied", "access_denied_rate",
            pqrs_type=code,
        )
        for code in ("PET_INF", "PET_DOC")
    )  # fmt: skip
    assert information == [(3, 1, Decimal("8.00"), 12, 1, Decimal("0.3333"))]
    assert documents == [(0, 0, None, None, 0, None)]


def _of_volumes(new_ticket, volumes):
    return [new_ticket(f"{day}T09:00") for day, count in volumes.items() for _ in range(count)]


def test_peaks(new_ticket, table_of, marts_of):
    """A day far above the same weekdays before it is a peak; a weekday's usual rhythm is none."""
    mondays = ["2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16"]
    volumes = dict(zip(mondays, (20, 22, 21, 60, 19), strict=True))
    tuesdays = dict(zip(("2026-01-20", "2026-01-27", "2026-02-03", "2026-02-10"), (40, 42, 41, 44), strict=True))
    rows = _of_volumes(new_ticket, volumes | tuesdays)
    peaks = marts_of(table_of(rows), date(2026, 1, 15), date(2026, 2, 17))["kpi_peaks"].to_pylist()
    by_day = {row["day"].isoformat(): row for row in peaks}
    assert [day for day, row in by_day.items() if row["is_peak"]] == ["2026-02-09"]
    assert [by_day[day]["expected"] for day in mondays] == [None, None, None, 21, 21]
    assert by_day["2026-02-09"]["ratio"] == Decimal("2.8571")


def test_a_day_after_a_long_weekend_is_held_to_others_of_its_kind(new_ticket, table_of, marts_of):
    """Twice a Tuesday's mail is no peak where long weekends before it were followed by as much, and is where not."""
    days = [day.isoformat() for day in _business_days(date(2026, 5, 5), date(2026, 7, 3))]
    long_weekends = ("2026-05-19", "2026-06-09", "2026-06-16", "2026-06-30")
    for before, is_peak in ((80, False), (40, True)):
        volumes = dict.fromkeys(days, 40) | dict.fromkeys(long_weekends[:-1], before) | {long_weekends[-1]: 80}
        (found,) = _on("2026-06-30", table_of(_of_volumes(new_ticket, volumes)), marts_of, days[0])
        assert (found["expected"], found["is_peak"]) == (before, is_peak)


def test_what_varies_much_needs_more_to_be_a_peak(new_ticket, table_of, marts_of):
    """Seventy requests are a peak where eight such days brought 39 to 41, and none where they bring 20 to 60."""
    days = [day.isoformat() for day in _business_days(date(2026, 4, 7), date(2026, 6, 4))]
    for spread, is_peak in ((1, True), (20, False)):
        steady = {day: 40 + spread * (number % 3 - 1) for number, day in enumerate(days)}
        tickets = table_of(_of_volumes(new_ticket, steady | {"2026-06-04": 70}))
        (found,) = _on("2026-06-04", tickets, marts_of, days[0])
        assert (found["is_peak"], found["dispersion"] == 1) == (is_peak, is_peak)


def _business_days(first, last):
    days = np.arange(first, last + timedelta(days=1), dtype="datetime64[D]")
    return days[np.is_busday(days, busdaycal=BUSINESS_DAYS)].tolist()


def _on(day, tickets, marts_of, opens_on):
    """The row of kpi_peaks of a run whose window is that day of an inbox."""
    only = date.fromisoformat(day)
    return marts_of(tickets, only, only, names=["kpi_peaks"], opens_on=date.fromisoformat(opens_on))[
        "kpi_peaks"
    ].to_pylist()


def test_no_tickets(table_of, marts_of, checks_of):
    """An inbox without requests has marts too: zeros and nulls, and every promise kept."""
    marts = marts_of(table_of([]), FIRST, LAST)
    assert marts["kpi_executive"].to_pylist()[0]["received"] == 0
    assert marts["kpi_executive"].to_pylist()[0]["breach_rate"] is None
    assert {name: violations(made, MARTS[name].contract) for name, made in marts.items()} == {
        name: [] for name in MARTS
    }
    assert {check.status for check in checks_of(marts, table_of([]), FIRST, LAST)} == {"passed"}


def test_reconciliation_names_what_differs(tickets, table_of, marts_of, checks_of):
    """A figure told twice with two values fails its check, with both values."""
    marts = marts_of(table_of(tickets), FIRST, LAST)
    failed = [check for check in checks_of(marts, table_of(tickets), FIRST, LAST, count=8) if check.status == "failed"]
    assert [(check.name, check.observed, check.expected) for check in failed] == [
        ("received_total_flow_is_silver_tickets", 7, 8)
    ]


def test_one_file_per_mart():
    """Each mart has a module and SQL whose header tells its grain, or is a total; the stage promises all of them."""
    shown = {contract.dataset for contract in STAGE.produces if not contract.is_private}
    assert shown == set(MARTS)
    assert len(STAGE.produces) == len(MARTS) + len(PARTIALS) - len(SHOWN)
    for name, mart in MARTS.items():
        sql = mart.sql or mart.needs[0].sql
        assert "-- Grain: " in sql.split("select")[0], name
        assert sql == sql.rstrip() + "\n", name
        assert mart.needs, name


def test_a_mart_of_another_package_needs_no_edit_here(tickets, table_of, monkeypatch):
    """What a package announces as `pqr.marts` is a mart like ours, its own partial and all."""
    mine = Partial(
        "complaints", "select department, count(*) as tickets from facts where pqrs_type = 'QUEJA' group by all",
        required(department=pa.string()),
    )  # fmt: skip
    toy = declared(
        "toy_complaints", mine, TERRITORY, grain="department with a ticket",
        columns=required(department=pa.string(), complaints=pa.int64(), received=pa.int64()), key=("department",),
        sql="select department, coalesce(max(complaints.tickets), 0) as complaints, sum(territory.tickets) as received "
            "from territory left join complaints using (department) group by department order by department",
    )  # fmt: skip
    monkeypatch.setattr(marts_module, "announced", lambda _group: {"toy_complaints": SimpleNamespace(load=lambda: toy)})
    found = marts_module._by_name(marts_module._found())
    assert set(found) == {*MARTS, "toy_complaints"}
    for target, name, value in (
        (transform, "MARTS", found), (transform, "PARTIALS", marts_module._by_name(p for m in found.values() for p in m.needs)),
    ):  # fmt: skip
        monkeypatch.setattr(target, name, value)
    parts = transform.partials(table_of(tickets), ("complaints", "territory"), window_from=FIRST)
    totals = {name: transform.total(name, [part], LAST) for name, part in parts.items()}
    assert transform.mart("toy_complaints", totals, (FIRST, LAST), opens_on=FIRST).to_pylist() == [
        {"department": "Antioquia", "complaints": 0, "received": 6},
        {"department": "Huila", "complaints": 0, "received": 1},
    ]


def test_two_marts_of_one_name_are_refused(monkeypatch):
    """A package cannot take the place of one of our marts, nor of a partial they share."""
    other = replace(MARTS["kpi_daily"], sql="select 1")
    monkeypatch.setattr(marts_module, "announced", lambda _group: {"kpi_daily": SimpleNamespace(load=lambda: other)})
    with pytest.raises(InvalidSettings, match="two that are called 'kpi_daily'"):
        marts_module._by_name(marts_module._found())
    with pytest.raises(InvalidSettings, match="two that are called 'flow'"):
        marts_module._by_name([replace(FLOW, sql="select 1"), FLOW])
