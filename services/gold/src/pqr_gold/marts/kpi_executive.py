"""The headline figures of a run."""

from pqr_common import Rule, optional, required
from pqr_gold.partials import OUTCOMES, TERRITORY, TRAITS
from pqr_gold.schema import COUNT, DAY, DAYS, MEAN, SHARE, declared

MART = declared(
    "kpi_executive",
    TERRITORY, OUTCOMES, TRAITS,
    grain="one row per run",
    columns=[
        *required(window_from=DAY, window_to=DAY, received=COUNT, answered=COUNT, archived=COUNT, transferred=COUNT),
        *required(no_term=COUNT, open=COUNT, overdue=COUNT, due=COUNT, in_term=COUNT, late=COUNT, breached=COUNT),
        *optional(breach_rate=SHARE, breach_rate_closed_only=SHARE, mean_business_days=MEAN),
        *optional(p50_business_days=DAYS, p90_business_days=DAYS),
        *required(extended=COUNT, suspended=COUNT, reopened=COUNT, access_denied=COUNT, emails=COUNT),
        *required(insistences=COUNT),
    ],
    key=("window_from", "window_to"),
    rules=(
        Rule("received_balances", "consistency", "received = answered + archived + transferred + no_term + open"),
        Rule("due_balances", "consistency", "due = in_term + breached and breached = late + overdue"),
    ),
)  # fmt: skip
