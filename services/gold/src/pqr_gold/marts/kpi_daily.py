"""What happened on each day, and what was left at its end."""

from pqr_common import Rule, required
from pqr_gold.partials import FLOW
from pqr_gold.schema import COUNT, DAY, TEXT, declared

MART = declared(
    "kpi_daily",
    FLOW,
    grain="day x pqrs_type, every day of the window and every type",
    columns=[
        *required(day=DAY, pqrs_type=TEXT, received=COUNT, answered=COUNT, archived=COUNT, transferred=COUNT),
        *required(lapsed=COUNT, due=COUNT, breached=COUNT, backlog=COUNT, overdue=COUNT),
    ],
    key=("day", "pqrs_type"),
    rules=(Rule("overdue_is_backlog", "consistency", "0 <= overdue and overdue <= backlog"),),
)
