"""Gold against slow, obvious arithmetic over the same tickets."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_common.tables.contract import violations
from pqr_gold.marts import MARTS, PARTIALS
from pqr_gold.transform import partials, total
from pqrs.catalogue import PQRS_TYPES
from pqrs.terms import THREAD_DAYS

FIRST, LAST = date(2026, 1, 5), date(2026, 2, 20)
DAYS = [FIRST + timedelta(days=offset) for offset in range((LAST - FIRST).days + 1)]
LAPSING = [day + timedelta(days=THREAD_DAYS) for day in DAYS]


@pytest.fixture(scope="session")
def any_tickets(new_ticket):
    @st.composite
    def one(draw):
        opened = datetime.combine(draw(st.sampled_from(DAYS)), datetime.min.time())
        opened += timedelta(minutes=draw(st.integers(0, 1439)))
        pqrs_type = draw(st.sampled_from(PQRS_TYPES))
        later = opened + timedelta(minutes=draw(st.integers(0, 1440 * draw(st.sampled_from([4, 40])))))
        is_closed = draw(st.booleans()) and later.date() <= LAST and pqrs_type != "FELICITACION"
        fate = draw(st.sampled_from(["answer", "answer", "archive", "transfer"])) if is_closed else "open"
        return new_ticket(
            opened.isoformat(),
            pqrs_type=pqrs_type,
            closed=later.isoformat() if is_closed else None,
            is_transferred=fate == "transfer",
            is_archived=fate == "archive",
            is_reopened=fate == "answer" and draw(st.booleans()),
            department=draw(st.sampled_from(["Huila", "Meta", "Bogotá D.C."])),
            topic=draw(st.sampled_from(["RUIDO", "SISBEN"])),
        )

    return st.lists(one(), max_size=40)


@pytest.fixture(scope="session")
def tables(any_tickets, table_of):
    return any_tickets.map(lambda rows: table_of([_mended(row) for row in rows]))


def _mended(row):
    """Closing before the legal reception day (a week-end answer) took no business days."""
    taken = row["business_days"]
    return row | {"business_days": None if taken is None else max(taken, 0)}


def test_daily_agrees_with_a_day_walker(tables, marts_of):
    """Backlog, overdue, due and breached of each day are what counting tickets day by day gives."""

    @settings(max_examples=25, deadline=None)
    @given(tables)
    def holds(tickets):
        rows = tickets.to_pylist()
        daily = marts_of(tickets, FIRST, LAST, names=["kpi_daily"])["kpi_daily"].to_pylist()
        found = {(row["day"], row["pqrs_type"]): row for row in daily}
        assert len(found) == len(DAYS) * len(PQRS_TYPES)
        for day in DAYS:
            open_then = [row for row in rows if _is_open(row, day)]
            backlog = Counter(row["pqrs_type"] for row in open_then)
            overdue = Counter(row["pqrs_type"] for row in open_then if _is_past(row, day))
            breached = Counter(r["pqrs_type"] for r in rows if _is_breached(r) and r["effective_due_on"] == day)
            for code in PQRS_TYPES:
                row = found[day, code]
                assert (row["backlog"], row["overdue"], row["breached"]) == (
                    backlog[code], overdue[code], breached[code],
                )  # fmt: skip

    holds()


def _is_open(row, day):
    opened = (row["opened_at"] - timedelta(hours=5)).date()
    needs_answer = row["due_at"] is not None
    return needs_answer and opened <= day and (row["closed_on"] is None or row["closed_on"] > day)


def _is_breached(row):
    return row["has_term"] and (row["closed_at"] is None or row["closed_at"] >= row["due_at"])


def _is_past(row, day):
    return row["has_term"] and row["effective_due_on"] <= day


def test_cohorts_give_back_the_days(tables, marts_of):
    """Received, due, breached, backlog and overdue of each day follow from the dates of kpi_cohorts alone."""

    @settings(max_examples=25, deadline=None)
    @given(tables)
    def holds(tickets):
        marts = marts_of(tickets, FIRST, LAST, names=["kpi_daily", "kpi_cohorts"])
        cohorts = marts["kpi_cohorts"].to_pylist()
        for row in marts["kpi_daily"].to_pylist():
            day, mine = row["day"], [c for c in cohorts if c["pqrs_type"] == row["pqrs_type"]]
            told = [row[name] for name in ("received", "due", "breached", "backlog", "overdue")]
            assert told == _of_day(day, mine)

    holds()


def _of_day(day, cohorts):
    waiting = [c for c in cohorts if c["fate"] != "no_term" and c["opened_on"] <= day < (c["closed_on"] or date.max)]
    due = [c for c in cohorts if c["effective_due_on"] == day]
    groups = (
        [c for c in cohorts if c["opened_on"] == day],
        due,
        [c | {"tickets": c["late"]} if c["closed_on"] else c for c in due],
        waiting,
        [c for c in waiting if (c["effective_due_on"] or date.max) <= day],
    )
    return [sum(c["tickets"] for c in group) for group in groups]


def test_percentiles_agree_with_sorting(tables, marts_of):
    """The discrete p-th percentile is the first value of the sorted list with at least p of it at or below."""

    @settings(max_examples=25, deadline=None)
    @given(tables)
    def holds(tickets):
        row = marts_of(tickets, FIRST, LAST, names=["kpi_executive"])["kpi_executive"].to_pylist()[0]
        taken = sorted(r["business_days"] for r in tickets.to_pylist() if r["has_term"] and r["closed_on"])
        if not taken:
            assert row["p50_business_days"] is row["mean_business_days"] is None
            return
        for percent in (50, 90):
            assert row[f"p{percent}_business_days"] == taken[-(-percent * len(taken) // 100) - 1]
        mean = Decimal(sum(taken)) / len(taken)
        assert row["mean_business_days"] == mean.quantize(Decimal("0.01"), ROUND_HALF_UP)

    holds()


def test_days_add_up(tables, marts_of, table_of):
    """Whatever days runs begin and end with and however tickets are partitioned: the totals of one run over everything.

    Threads end in them too. Each run counts what silver added and took back since the one before, and adds the totals of that one.
    """

    @settings(max_examples=10, deadline=None)
    @given(tables, st.data())
    def holds(tickets, data):
        ends = sorted({*data.draw(st.lists(st.sampled_from([*DAYS, *LAPSING]), max_size=4)), LAST})
        begins = data.draw(st.sampled_from(DAYS))
        before, totals = [], {}
        for end in ends:
            known = [_known(row, end) for row in tickets.to_pylist() if row["raw_day"] <= end]
            signed = [(1, _without(known, before)), (-1, _without(before, known))]
            cuts = [(sign, row, data.draw(st.integers(0, 2))) for sign, rows in signed for row in rows]
            parts = [
                partials(
                    table_of([row for each, row, number in cuts if (each, number) == key]),
                    PARTIALS,
                    window_from=begins,
                    sign=key[0],
                )
                for key in {(sign, number) for sign, _, number in cuts}
            ]
            at_once = partials(table_of(known), PARTIALS, window_from=begins)
            for name in PARTIALS:
                base = [totals[name]] if name in totals else []
                whole = total(name, [at_once[name]], end)
                assert total(name, [*base, *(part[name] for part in parts)], end).equals(whole)
                totals[name] = whole
            before = known

    holds()


def _known(row, day):
    """The ticket as it was at the end of a day."""
    if row["closed_on"] is None or row["closed_on"] <= day:
        return row
    return row | {
        "closed_on": None,
        "closed_at": None,
        "business_days": None,
        "has_term": row["due_at"] is not None,
        "is_transferred": False,
        "is_archived": False,
        "is_reopened": False,
    }


def _without(rows, others):
    """The multiset difference."""
    left = list(others)
    return [row for row in rows if not (row in left and not left.remove(row))]


def test_marts_keep_their_promises(tables, marts_of, checks_of):
    """Whatever the tickets, each mart keeps its contract and all marts tell the same figures."""

    @settings(max_examples=15, deadline=None)
    @given(tables)
    def holds(tickets):
        marts = marts_of(tickets, FIRST, LAST)
        assert {name: violations(made, MARTS[name].contract) for name, made in marts.items()} == {
            name: [] for name in MARTS
        }
        failed = [check for check in checks_of(marts, tickets, FIRST, LAST) if check.status != "passed"]
        assert failed == []

    holds()


def test_no_figure_is_a_float(table_of, marts_of):
    """Figures are whole numbers or decimals, so their digests cannot drift."""
    schemas = [made.schema for made in marts_of(table_of([]), FIRST, LAST).values()]
    schemas += [partial.total.schema for partial in PARTIALS.values()]
    assert not [field for schema in schemas for field in schema if pa.types.is_floating(field.type)]
