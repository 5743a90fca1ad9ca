select
    month,
    pqrs_type,
    sum(closed) as closed,
    round(sum(days) / sum(closed), 2) as mean_business_days,
    quantile_disc(p90, 0.9) as p90_business_days
from partials
group by month, pqrs_type
