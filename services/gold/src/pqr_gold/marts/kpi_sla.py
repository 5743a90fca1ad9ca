"""How terms were kept, by the month they ended in."""

from pqr_common import Rule, optional, required
from pqr_gold.partials import OUTCOMES
from pqr_gold.schema import COUNT, DAY, DAYS, FLAG, MEAN, SHARE, TEXT, declared

MART = declared(
    "kpi_sla",
    OUTCOMES,
    grain="month the term ends in x pqrs_type with a ticket due",
    columns=[
        *required(month=DAY, pqrs_type=TEXT, due=COUNT, in_term=COUNT, late=COUNT, open_overdue=COUNT),
        *required(breached=COUNT, breach_rate=SHARE),
        *optional(mean_business_days=MEAN, p50_business_days=DAYS, p90_business_days=DAYS, p95_business_days=DAYS),
        *optional(survival_median=DAYS),
        *required(waiting=COUNT, is_final=FLAG),
    ],
    key=("month", "pqrs_type"),
    rules=(
        Rule(
            "due_balances", "consistency", "due = in_term + late + open_overdue and due > 0 and waiting <= open_overdue"
        ),
        Rule("breach_rate_in_range", "validity", "breach_rate between 0 and 1"),
    ),
)
