-- Each type: its share of what came, how long its answers took, how much of what fell due was late.
with
spread as (
    select
        pqrs_type, business_days, sum(n_tickets) as n,
        sum(sum(n_tickets)) over (partition by pqrs_type order by business_days) as reached,
        sum(sum(n_tickets)) over (partition by pqrs_type) as answered
    from answers
    group by pqrs_type, business_days
),
taken as (
    select
        pqrs_type,
        min(business_days) filter (where 2 * reached >= answered) as p50,
        min(business_days) filter (where 10 * reached >= 9 * answered) as p90
    from spread
    group by pqrs_type
)
select
    pqrs_type, sum(n_tickets) / sum(sum(n_tickets)) over () as share, any_value(p50) as p50, any_value(p90) as p90,
    sum(n_breached) / nullif(sum(n_due), 0) as late
from kinds
left join taken using (pqrs_type)
group by pqrs_type
order by share desc, pqrs_type
