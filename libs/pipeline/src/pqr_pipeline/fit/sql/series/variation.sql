-- Variance of the counts of business days about the mean of their weekday, by that mean; 1 where chance alone rules.
with
named as (select 'all' as kind, * from arrivals union all select pqrs_type, * from arrivals),
counts as (
    select kind, day, isodow(day) as weekday, coalesce(n, 0) as received,
        avg(received) over (partition by kind, isodow(day)) as expected
    from (select day from calendar where is_business_day)
    cross join (select distinct kind from named)
    left join (select kind, day, sum(n_tickets) as n from named group by all) using (kind, day)
)
select
    kind, avg(received) as mean,
    sum(pow(received - expected, 2) / nullif(expected, 0)) / nullif(count(*) - count(distinct weekday), 0) as dispersion
from counts
group by kind
order by mean desc, kind
