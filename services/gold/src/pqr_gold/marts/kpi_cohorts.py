"""Tickets that came, fell due and ended on the same days: what a simulator needs."""

from pqr_common import Rule
from pqr_gold.partials import COHORTS
from pqr_gold.schema import declared

MART = declared(
    "kpi_cohorts",
    COHORTS,
    grain="opened_on x received_on x pqrs_type x term_days x effective_due_on x closed_on x fate, with a ticket",
    columns=tuple(COHORTS.total.schema),
    key=("cohort_id",),
    rules=(
        Rule("fate", "validity", "fate in ('answered', 'archived', 'transferred', 'no_term', 'open')"),
        Rule("closed_has_a_day", "consistency", "(closed_on is null) = (fate in ('no_term', 'open'))"),
        Rule("term_has_an_end", "consistency", "term_days is null or effective_due_on is not null"),
        Rule(
            "late_is_closed",
            "consistency",
            "late between 0 and tickets and (late = 0 or closed_on >= effective_due_on)",
        ),
        Rule("dates_in_order", "validity", "opened_on <= received_on and received_on < effective_due_on"),
        Rule("rows_count_tickets", "validity", "tickets > 0"),
    ),
    is_total=True,
    warehouse="core",  # a year has fifty thousand rows, so Postgres moves those that differ and keeps no other run's
)
