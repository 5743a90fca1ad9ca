from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pqr_gold.marts import MARTS, PARTIALS
from pqr_gold.schema import TICKETS
from pqr_gold.transform import mart, partials, reconciliation, total
from pqrs import calendar, terms


def ticket(opened: str, *, pqrs_type: str = "PET_PAR", closed: str | None = None, **given: Any) -> dict:
    """A silver ticket opened and closed at a local time (a day alone: when it begins), its clock worked out from those."""
    local = datetime.fromisoformat(opened).replace(tzinfo=UTC)
    opened_at = local + timedelta(hours=5)
    arrived = np.array([opened_at.replace(tzinfo=None)], "datetime64[us]")
    received_on, days, hours = terms.reception(pa.array([pqrs_type]), arrived, terms.MIDNIGHT)
    term, is_in_hours = int(days[0]), int(hours[0]) >= 0
    due = given.pop("effective_due_on", terms.effective_due_on(received_on, [term])[0].item())
    due_at = terms.due_at([due], arrived, hours)
    due = calendar.local_day(due_at)[0].item() if is_in_hours else due
    closed_at = datetime.fromisoformat(closed).replace(tzinfo=UTC) + timedelta(hours=5) if closed else None
    closed_on = (closed_at - timedelta(hours=5)).date() if closed_at else None
    is_transferred = given.get("is_transferred", False)
    has_term = (term >= 0 or is_in_hours) and not is_transferred
    business_days = int(calendar.business_days_between(received_on[0], closed_on)) if closed_on else None
    row = dict.fromkeys(TICKETS.schema.names, False) | {
        "pqrs_type": pqrs_type,
        "department": "Antioquia",
        "topic": "RUIDO",
        "opened_at": opened_at,
        "received_on": received_on[0].item(),
        "term_days": term if term >= 0 else None,
        "effective_due_on": due,
        "due_at": due_at[0].item(),
        "closed_at": closed_at,
        "closed_on": closed_on,
        "business_days": business_days if has_term else None,
        "has_term": has_term,
        "count_emails": 3,
        "count_insistences": 0,
        "raw_day": local.date(),
    }
    return row | given


@pytest.fixture(scope="session")
def new_ticket() -> Callable[..., dict]:
    return ticket


@pytest.fixture(scope="session")
def table_of() -> Callable[[list[dict]], pa.Table]:
    return lambda rows: pa.Table.from_pylist(rows, schema=TICKETS.schema)


@pytest.fixture(scope="session")
def marts_of() -> Callable[..., dict[str, pa.Table]]:
    """Marts (all, or those named) of tickets."""

    def build(
        tickets: pa.Table, first: date, last: date, names: Iterable[str] = MARTS, opens_on: date | None = None
    ) -> dict[str, pa.Table]:
        counted = partials(tickets, PARTIALS, window_from=first)
        totals = {name: total(name, [part], last) for name, part in counted.items()}
        return {name: mart(name, totals, (first, last), opens_on=opens_on or first) for name in names}

    return build


@pytest.fixture(scope="session")
def checks_of() -> Callable[..., list]:
    """The checks of marts with each other, and with the tickets that they are made of."""

    def build(marts: dict[str, pa.Table], tickets: pa.Table, first: date, last: date, count: int | None = None) -> list:
        flow = total("flow", [partials(tickets, ["flow"], window_from=first)["flow"]], last)
        return reconciliation(marts, tickets.num_rows if count is None else count, flow)

    return build
