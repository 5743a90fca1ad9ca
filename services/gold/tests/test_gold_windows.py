"""What a window counts of the days before it, when what nobody answers leaves the stock, and what young cohorts say."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_common.tables.contract import violations
from pqr_gold.marts import MARTS
from pqrs.terms import THREAD_DAYS

FIRST, LAST = date(2026, 2, 1), date(2026, 2, 28)
OPENS_ON = date(2025, 7, 1)


@pytest.fixture(scope="module")
def tickets(new_ticket):
    """Of the days before the window: what waits in it, is closed in it, falls due in it, and what is over."""
    return [
        new_ticket("2026-01-20T09:00", closed="2026-02-05"),  # due on 10 February
        new_ticket("2026-01-20T09:00", closed="2026-01-30"),
        new_ticket("2026-01-05T09:00"),  # due on 27 January, nobody answers
        new_ticket("2026-01-05T09:00", closed="2026-01-20"),  # over before the window
        new_ticket("2026-01-20T09:00", pqrs_type="FELICITACION"),
        new_ticket("2026-02-03T09:00", closed="2026-02-12"),  # of the window itself, due on 24 February
        new_ticket("2026-02-03T09:00"),
    ]


@pytest.fixture(scope="module")
def made(tickets, table_of, marts_of):
    return marts_of(table_of(tickets), FIRST, LAST, opens_on=OPENS_ON)


def test_a_window_begins_with_what_waited(made):
    """The stock of its first day is that of the day before; figures of the period count what happened in it."""
    days = [row for row in made["kpi_daily"].to_pylist() if row["pqrs_type"] == "PET_PAR"]
    assert [(row["backlog"], row["overdue"]) for row in days if row["day"].day in (1, 3, 5, 12, 24)] == [
        (2, 1), (4, 1), (3, 1), (2, 1), (2, 2),
    ]  # fmt: skip
    (row,) = made["kpi_executive"].to_pylist()
    flow = ("open_before", "received", "answered", "lapsed", "no_term", "open", "overdue")
    assert [row[name] for name in flow] == [2, 2, 2, 0, 0, 2, 2]
    assert [row[name] for name in ("due", "in_term", "late", "unanswered", "breached")] == [4, 3, 0, 1, 1]
    assert row["breach_rate"] == Decimal("0.2500")
    (territory,) = made["kpi_territory"].to_pylist()
    assert [territory[name] for name in ("received", "answered", "open", "due", "closed_with_term")] == [2, 2, 2, 4, 2]


def test_cohorts_hold_what_the_window_needs_of_earlier_days(made):
    """What waited when it began or fell due in it is there; what was over is not, and praise of before is not."""
    rows = made["kpi_cohorts"].to_pylist()
    assert sorted((row["opened_on"].isoformat(), str(row["closed_on"])) for row in rows) == [
        ("2026-01-05", "None"), ("2026-01-20", "2026-01-30"), ("2026-01-20", "2026-02-05"),
        ("2026-02-03", "2026-02-12"), ("2026-02-03", "None"),
    ]  # fmt: skip


def test_what_nobody_answers_lapses_when_its_thread_ends(new_ticket, table_of, marts_of, checks_of):
    """On the 140th day after its request it leaves backlog and overdue, under a name of its own, and stays breached."""
    opened = date(2026, 1, 5)
    lapses = opened + timedelta(days=THREAD_DAYS)
    rows = table_of([new_ticket(f"{opened}T09:00")])
    for last, open_then in ((lapses - timedelta(days=1), 1), (lapses, 0), (lapses + timedelta(days=9), 0)):
        marts = marts_of(rows, opened, last)
        (row,) = marts["kpi_executive"].to_pylist()
        assert [row[name] for name in ("open", "overdue", "lapsed", "unanswered")] == [
            open_then,
            open_then,
            1 - open_then,
            1,
        ]
        (day,) = (r for r in marts["kpi_daily"].to_pylist() if r["day"] == last and r["pqrs_type"] == "PET_PAR")
        assert (day["backlog"], day["overdue"]) == (open_then, open_then)
        (sla,) = marts["kpi_sla"].to_pylist()
        assert (sla["open_overdue"], sla["waiting"], sla["is_final"]) == (1, open_then, not open_then)
        assert sum(row["tickets"] for row in marts["kpi_backlog_age"].to_pylist()) == open_then
        assert {check.status for check in checks_of(marts, rows, opened, last)} == {"passed"}
    (later,) = marts_of(rows, lapses + timedelta(days=1), lapses + timedelta(days=9))["kpi_executive"].to_pylist()
    assert [later[name] for name in ("open_before", "received", "lapsed", "due")] == [0, 0, 0, 0]


def test_the_median_of_a_young_cohort_counts_what_still_waits(new_ticket, table_of, marts_of):
    """Kaplan-Meier by hand: of six, closed after 1, 3 and 5 days; lost from sight after 2 (twice) and 6 days.

    Alive after 1 day 5/6, after 3 days 5/6 * 2/3 = 5/9, after 5 days 5/9 * 1/2 = 5/18: the median is 5. The mean of the
    closed is 3, and so is their median: they flatter.
    """
    rows = [
        new_ticket("2026-02-18T09:00", pqrs_type="PET_INF", closed="2026-02-19"),
        new_ticket("2026-02-18T09:00", pqrs_type="PET_INF", closed="2026-02-23"),
        new_ticket("2026-02-18T09:00", pqrs_type="PET_INF", closed="2026-02-25"),
        *(new_ticket("2026-02-24T09:00", pqrs_type="PET_INF") for _ in range(2)),
        new_ticket("2026-02-18T09:00", pqrs_type="PET_INF"),
    ]
    marts = marts_of(table_of(rows), FIRST, date(2026, 2, 26))
    (report, _) = sorted(marts["report_access_to_information"].to_pylist(), key=lambda row: -row["received"])
    told = ("mean_business_days", "p50_business_days", "survival_median", "waiting", "is_final")
    assert [report[name] for name in told] == [Decimal("3.00"), 3, 5, 3, False]
    assert marts["kpi_executive"].to_pylist()[0]["survival_median"] == 5


def test_where_most_still_wait_there_is_no_median_yet(new_ticket, table_of, marts_of):
    """Two of three wait: that half are answered by some day is not known. Exactly half answered is a median."""
    closed = new_ticket("2026-02-03T09:00", closed="2026-02-05")
    waiting = new_ticket("2026-02-03T09:00")
    for rows, median in (([closed, waiting, waiting], None), ([closed, waiting], 2), ([closed], 2), ([], None)):
        (row,) = marts_of(table_of(rows), FIRST, LAST, names=["kpi_executive"])["kpi_executive"].to_pylist()
        assert row["survival_median"] == median


def test_a_finished_cohort_is_final_and_its_medians_are_one(new_ticket, table_of, marts_of):
    """Nobody waits and the month is over: what is estimated is what is counted."""
    rows = [new_ticket(f"2026-02-0{day}T09:00", closed=f"2026-02-{day + 8}") for day in (2, 3, 4)]
    (sla,) = marts_of(table_of(rows), FIRST, LAST, names=["kpi_sla"])["kpi_sla"].to_pylist()
    assert (sla["is_final"], sla["waiting"], sla["survival_median"]) == (True, 0, sla["p50_business_days"])


@pytest.fixture(scope="module")
def any_tickets(new_ticket):
    """Half a year of them, answered at any time that a thread lets them or never."""

    @st.composite
    def one(draw):
        opened = OPENS_ON + timedelta(days=draw(st.integers(0, 230)))
        taken = draw(st.one_of(st.none(), st.integers(0, 30), st.integers(0, THREAD_DAYS)))
        closed = None if taken is None or opened + timedelta(days=taken) > LAST else opened + timedelta(days=taken)
        end = draw(st.sampled_from(["answer", "answer", "archive", "transfer"])) if closed else ""
        return new_ticket(
            f"{opened}T09:00",
            pqrs_type=draw(st.sampled_from(["PET_PAR", "PET_INF", "CONSULTA", "FELICITACION", "SALUD_V"])),
            closed=f"{closed}T10:00" if closed else None,
            is_transferred=end == "transfer",
            is_archived=end == "archive",
            department=draw(st.sampled_from(["Huila", "Meta"])),
        )

    return st.lists(one(), max_size=60)


def test_windows_with_one_end_agree_on_what_they_share(any_tickets, table_of, marts_of, checks_of):
    """Days, whole months and cohorts are the same whatever day the window begins on, and every mart keeps its promises."""

    @settings(max_examples=25, deadline=None)
    @given(rows=any_tickets, begins=st.tuples(st.integers(0, 240), st.integers(0, 240)))
    def holds(rows, begins):
        tickets = table_of([row | {"business_days": _at_least(row["business_days"], 0)} for row in rows])
        earlier, later = (OPENS_ON + timedelta(days=day) for day in sorted(begins))
        wide, narrow = (marts_of(tickets, first, LAST, opens_on=OPENS_ON) for first in (earlier, later))
        for first, marts in ((earlier, wide), (later, narrow)):
            assert {name: violations(made, MARTS[name].contract) for name, made in marts.items()} == {
                n: [] for n in MARTS
            }
            assert [c for c in checks_of(marts, tickets, first, LAST) if c.status != "passed"] == []
        assert shared(wide, later) == shared(narrow, later)

    holds()


def _at_least(value, least):
    return None if value is None else max(value, least)


def shared(marts: dict[str, pa.Table], first: date) -> dict[str, list[dict]]:
    """The rows of days, of whole months, of cohorts from the day on, and what stands at the end of the window."""
    first_month = first if first.day == 1 else (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    by = {"kpi_daily": "day", "kpi_peaks": "day", "kpi_cohorts": "opened_on"}
    by |= {"kpi_sla": "month", "report_access_to_information": "month"}
    found = {
        name: [row for row in marts[name].to_pylist() if row[column] >= (first_month if column == "month" else first)]
        for name, column in by.items()
    }
    (executive,) = marts["kpi_executive"].to_pylist()
    return found | {
        "kpi_backlog_age": marts["kpi_backlog_age"].to_pylist(),
        "stock": [{name: executive[name] for name in ("window_to", "open", "overdue")}],
    }
