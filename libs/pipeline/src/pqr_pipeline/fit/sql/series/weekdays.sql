select weekday, avg(received) as received from daily where is_business_day group by weekday order by weekday
