"""What Decreto 103 de 2015 art. 52 asks entities to publish of requests for access to information."""

from pqr_common import optional, required
from pqr_gold.partials import ACCESS
from pqr_gold.schema import COUNT, DAY, DAYS, FLAG, MEAN, SHARE, TEXT, declared

MART = declared(
    "report_access_to_information",
    ACCESS,
    grain="month received x pqrs_type (PET_INF, PET_DOC), every month of the window",
    columns=[
        *required(month=DAY, pqrs_type=TEXT, received=COUNT, transferred=COUNT),
        *optional(transferred_rate=SHARE),
        *required(answered=COUNT),
        *optional(mean_business_days=MEAN, p50_business_days=DAYS, p90_business_days=DAYS, max_business_days=DAYS),
        *optional(survival_median=DAYS),
        *required(waiting=COUNT, is_final=FLAG),
        *required(access_denied=COUNT),
        *optional(access_denied_rate=SHARE),
    ],
    key=("month", "pqrs_type"),
)
