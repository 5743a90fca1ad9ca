with
working as (select *, lag(ratio) over (order by day) as before from daily where is_business_day),
weeks as (
    select sum(received) / count(*) filter (where is_business_day) as rate
    from daily
    group by date_trunc('week', day)
    having count(*) filter (where is_business_day) >= 3
)
select 'per_month' as name, sum(received) / count(*) * 365 / 12 as value from daily
union all select 'monday', max(received) filter (where weekday = 1) / avg(received) from weekdays
union all select 'friday', max(received) filter (where weekday = 5) / avg(received) from weekdays
union all select 'rest_days', avg(received) filter (where not is_business_day) / avg(received) filter (where is_business_day) from daily
union all select 'office_hours', sum(share) filter (where hour between 8 and 17) from hours
union all select 'lunch', sum(share) filter (where hour in (12, 13)) / sum(share) filter (where hour in (10, 11)) from hours
union all select 'night', sum(share) filter (where hour < 6 or hour >= 22) from hours
union all select 'month_cv', stddev_samp(a_business_day) / avg(a_business_day) from months where business_days >= 10
union all select 'busiest_week', max(rate) / median(rate) from weeks
union all select 'dispersion', dispersion from variation where kind = 'all'
union all select 'daily_cv', sqrt(sum(pow(ratio - 1, 2)) / nullif(count(*) - count(distinct weekday), 0)) from working
union all select 'next_day', corr(ratio, before) from working
