select
    strftime(day, '%Y-%m') as month,
    sum(received) as received,
    sum(received) / count(*) filter (where is_business_day) as a_business_day,
    count(*) filter (where is_business_day) as business_days
from daily
group by month
having count(*) filter (where is_business_day) > 0
order by month
