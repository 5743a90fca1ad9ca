"""How many business days answers took."""

from pqr_common import Rule, required
from pqr_gold.partials import OUTCOMES
from pqr_gold.schema import COUNT, DAYS, SHARE, TEXT, declared

MART = declared(
    "kpi_response_time",
    OUTCOMES,
    grain="pqrs_type x business days with a closed ticket",
    columns=required(pqrs_type=TEXT, business_days=DAYS, tickets=COUNT, late=COUNT, cumulative_share=SHARE),
    key=("pqrs_type", "business_days"),
    rules=(Rule("late_is_closed", "consistency", "late <= tickets and business_days >= 0"),),
)
