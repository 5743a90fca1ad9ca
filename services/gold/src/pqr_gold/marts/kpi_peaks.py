"""Days that brought more requests than such days usually bring."""

from pqr_common import optional, required
from pqr_gold.schema import COUNT, DAY, FLAG, SHARE, Partial, declared

MART = declared(
    "kpi_peaks",
    Partial.packaged("flow"),
    grain="day, every day of the window",
    columns=[*required(day=DAY, received=COUNT, expected=COUNT), *optional(ratio=SHARE), *required(is_peak=FLAG)],
    key=("day",),
)
