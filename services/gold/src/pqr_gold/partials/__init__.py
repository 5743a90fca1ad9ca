"""The partials of our marts: each counts the facts by some columns, in the SQL file of its name. Pure."""

from __future__ import annotations

import pyarrow as pa

from pqr_common import optional, required, sql_of
from pqr_gold.schema import DAY, DAYS, FALLS_DUE_ON, FLAG, LAPSES_ON, SMALL, TEXT, Partial

__all__ = ["ACCESS", "ARRIVALS", "BACKLOG", "COHORTS", "FLOW", "OUTCOMES", "TERRITORY", "TOPIC", "TRAITS"]

TYPE = required(pqrs_type=TEXT)
AHEAD = optional(**{FALLS_DUE_ON: DAY, LAPSES_ON: DAY})
SEEN = required(came_in_window=FLAG, closed_in_window=FLAG, due_in_window=FLAG)


def _packaged(name: str, *by: pa.Field, counts: tuple[str, ...] = ("tickets",), cut: str | None = None) -> Partial:
    return Partial(name, sql_of("pqr_gold", f"partials/{name}.sql"), by, counts, cut)


def _by_column(name: str, column: str) -> Partial:
    """Tickets by a column of the facts, and how they ended."""
    by = (*required(**{column: TEXT}), *TYPE, *required(fate=TEXT, outcome=TEXT), *AHEAD, *SEEN)
    sql = sql_of("pqr_gold", "partials/by_column.sql").format(column=column)
    return Partial(name, sql, by, ("tickets", "business_days"))


ACCESS = _packaged(
    "access",
    *required(month=DAY),
    *TYPE,
    *required(fate=TEXT, is_access_denied=FLAG),
    *optional(business_days=DAYS, waits_since=DAY, **{LAPSES_ON: DAY}),
)
ARRIVALS = _packaged("arrivals", *required(weekday=SMALL, hour=SMALL))
BACKLOG = _packaged("backlog", *TYPE, *required(received_on=DAY), *AHEAD)
COHORTS = _packaged(
    "cohorts",
    *required(opened_on=DAY, received_on=DAY),
    *TYPE,
    *optional(term_days=SMALL, effective_due_on=DAY, closed_on=DAY),
    *required(fate=TEXT, cohort_id=TEXT),
    counts=("tickets", "late"),
    cut="opened_on",
)
FLOW = _packaged("flow", *required(day=DAY), *TYPE, *required(step=TEXT))
OUTCOMES = _packaged(
    "outcomes",
    *required(due_month=DAY),
    *TYPE,
    *required(outcome=TEXT),
    *AHEAD,
    *optional(business_days=DAYS, waits_since=DAY),
    *SEEN,
)
TERRITORY = _by_column("territory", "department")
TOPIC = _by_column("topic", "topic")
TRAITS = _packaged(
    "traits",
    *TYPE,
    counts=("extended", "suspended", "reopened", "access_denied", "emails", "insistences"),
)
