"""Days that brought more requests than such days usually bring."""

from pqr_common import optional, required
from pqr_gold.partials import FLOW
from pqr_gold.schema import COUNT, DAY, FLAG, SHARE, declared

MART = declared(
    "kpi_peaks",
    FLOW,
    grain="day, every day of the window",
    columns=[
        *required(day=DAY, received=COUNT),
        *optional(expected=COUNT, ratio=SHARE, dispersion=SHARE),
        *required(is_peak=FLAG),
    ],
    key=("day",),
)
