select month, pqrs_type, sum(closed) as closed, round(avg(mean), 2) as mean_business_days, max(p90) as p90_business_days
from partials
group by month, pqrs_type
