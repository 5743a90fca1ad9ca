select month, pqrs_type, count(*) as closed, sum(business_days) as days, quantile_disc(business_days, 0.9) as p90
from tickets
group by month, pqrs_type
