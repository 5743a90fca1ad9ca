"""The headline figures of a run."""

from pqr_common import Rule, optional, required
from pqr_gold.partials import OUTCOMES, TERRITORY, TRAITS
from pqr_gold.schema import COUNT, DAY, DAYS, MEAN, SHARE, declared

MART = declared(
    "kpi_executive",
    TERRITORY, OUTCOMES, TRAITS,
    grain="one row per run",
    columns=[
        *required(window_from=DAY, window_to=DAY, open_before=COUNT, received=COUNT, answered=COUNT, archived=COUNT),
        *required(transferred=COUNT, lapsed=COUNT, no_term=COUNT, open=COUNT, overdue=COUNT),
        *required(due=COUNT, in_term=COUNT, late=COUNT, unanswered=COUNT, breached=COUNT),
        *optional(breach_rate=SHARE, breach_rate_closed_only=SHARE, mean_business_days=MEAN),
        *optional(p50_business_days=DAYS, p90_business_days=DAYS, survival_median=DAYS),
        *required(extended=COUNT, suspended=COUNT, reopened=COUNT, access_denied=COUNT, emails=COUNT),
        *required(insistences=COUNT),
    ],
    key=("window_from", "window_to"),
    rules=(
        Rule(
            "stock_balances",
            "consistency",
            "open_before + received = answered + archived + transferred + lapsed + no_term + open",
        ),
        Rule("due_balances", "consistency", "due = in_term + breached and breached = late + unanswered"),
    ),
)  # fmt: skip
