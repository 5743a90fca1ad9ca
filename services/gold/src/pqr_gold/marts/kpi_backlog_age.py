"""What waits for an answer, by how long it has waited."""

from pqr_common import optional, required
from pqr_gold.partials import BACKLOG
from pqr_gold.schema import COUNT, DAYS, FLAG, SMALL, TEXT, declared

MART = declared(
    "kpi_backlog_age",
    BACKLOG,
    grain="pqrs_type x age band in business days x is_overdue, every combination",
    columns=[
        *required(pqrs_type=TEXT, age_band_order=SMALL, age_band=TEXT, days_from=DAYS),
        *optional(days_to=DAYS),
        *required(is_overdue=FLAG, tickets=COUNT),
    ],
    key=("pqrs_type", "age_band_order", "is_overdue"),
)
