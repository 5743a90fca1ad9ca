-- Each day of the window against the mean of its weekday; working days and others apart.
select
    day,
    calendar.is_business_day,
    isodow(day) as weekday,
    cast(coalesce(n_tickets, 0) as double) as received,
    avg(received) over (partition by calendar.is_business_day, isodow(day)) as expected,
    received / nullif(expected, 0) as ratio
from calendar
left join (select day, sum(n_tickets) as n_tickets from arrivals group by day) using (day)
order by day
