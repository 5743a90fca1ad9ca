"""When requests arrive, in local time."""

from pqr_common import Rule, optional, required
from pqr_gold.partials import ARRIVALS
from pqr_gold.schema import COUNT, MEAN, SMALL, declared

MART = declared(
    "kpi_arrivals",
    ARRIVALS,
    grain="weekday (1 = Monday) x hour of local time, all 168",
    columns=[*required(weekday=SMALL, hour=SMALL, received=COUNT, days=COUNT), *optional(per_day=MEAN)],
    key=("weekday", "hour"),
    rules=(Rule("clock", "validity", "weekday between 1 and 7 and hour between 0 and 23"),),
)
