"""What the simulator says of unchanged inputs is what gold says: two rooms, one figure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_dashboard.simulator.model import COUNTS, Variation, simulated
from pqr_gold.marts import PARTIALS
from pqr_gold.schema import TICKETS
from pqr_gold.transform import mart, partials, total
from pqrs import calendar, catalogue, terms
from pqrs.parameters import LEAD_DAYS

FIRST, LAST = date(2026, 1, 1), date(2026, 2, 20)
NAMES = ("kpi_cohorts", "kpi_daily", "kpi_executive")
HEADLINE = (
    "received", "answered", "archived", "transferred", "lapsed", "no_term", "open", "overdue", "due", "in_term", "late",
    "unanswered", "breached",
)  # fmt: skip


@st.composite
def silver_tickets(draw):
    """A ticket as silver may write it: any moment of arrival, also before the window, any end, any extension."""
    minutes = draw(st.integers(-LEAD_DAYS * 1440, ((LAST - FIRST).days + 1) * 1440 - 1))
    opened_at = datetime(2026, 1, 1, 5, tzinfo=UTC) + timedelta(minutes=minutes)
    opened_on = (opened_at - timedelta(hours=5)).date()
    pqrs_type = draw(st.sampled_from(catalogue.PQRS_TYPES))
    arrived = np.array([opened_at.replace(tzinfo=None)], "datetime64[us]")
    received, days, in_hours = terms.reception(pa.array([pqrs_type]), arrived, terms.MIDNIGHT)
    term, hours = int(days[0]), int(in_hours[0])
    closed_at = opened_at + timedelta(minutes=draw(st.one_of(st.integers(0, 40 * 1440), st.integers(0, 4 * 1440))))
    closed_on = (closed_at - timedelta(hours=5)).date()
    is_closed = draw(st.booleans()) and closed_on <= LAST
    end = draw(st.sampled_from(["answer", "answer", "archive", "transfer"])) if is_closed else ""
    has_term = (term >= 0 or hours >= 0) and end != "transfer"
    last_day = terms.effective_due_on(received, [term], draw(st.integers(0, 8)))
    due_at = terms.due_at(last_day, arrived, [hours])
    due = (last_day if hours < 0 else calendar.local_day(due_at))[0].item()
    taken = max(int(calendar.business_days_between(received[0], closed_on)), 0)
    return dict.fromkeys(TICKETS.schema.names, False) | {
        "pqrs_type": pqrs_type, "department": "Meta", "topic": "RUIDO", "opened_at": opened_at,
        "received_on": received[0].item(), "term_days": term if term >= 0 else None, "effective_due_on": due,
        "due_at": due_at[0].item(), "closed_at": closed_at if is_closed else None,
        "closed_on": closed_on if is_closed else None, "business_days": taken if is_closed and end != "transfer" else None,
        "has_term": has_term, "raw_day": opened_on,
        "is_transferred": end == "transfer", "is_archived": end == "archive", "count_emails": 3, "count_insistences": 0,
    }  # fmt: skip


def marts_of(tickets):
    totals = {name: total(name, [part], LAST) for name, part in partials(tickets, PARTIALS, window_from=FIRST).items()}
    made = {name: mart(name, totals, (FIRST, LAST), opens_on=FIRST - timedelta(days=LEAD_DAYS)) for name in NAMES}
    return {name: table.to_pandas(date_as_object=False) for name, table in made.items()}


def rounded(value, places):
    return None if value is None else Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def assert_agree(marts, first, last):
    outcome = simulated(marts["kpi_cohorts"], (first, last), Variation())
    key = ["day", "pqrs_type"]
    told, found = (
        table.set_index(key)[list(COUNTS)].sort_index().astype("int64") for table in (marts["kpi_daily"], outcome.daily)
    )
    assert found.index.tolist() == told.index.tolist()
    assert (found.to_numpy() == told.to_numpy()).all()
    headline = marts["kpi_executive"].iloc[0]
    assert {name: outcome.total(name) for name in HEADLINE} == {name: int(headline[name]) for name in HEADLINE}
    share = Decimal(outcome.total("breached")) / outcome.total("due") if outcome.total("due") else None
    assert rounded(share, 4) == headline["breach_rate"]


@settings(max_examples=25, deadline=None)
@given(st.lists(silver_tickets(), max_size=40))
def test_any_inbox(tickets):
    """Whatever arrived and however it ended: every day, every type, and the headline."""
    assert_agree(marts_of(pa.Table.from_pylist(tickets, schema=TICKETS.schema)), FIRST, LAST)
