-- Exercise 6. Grain: month x pqrs_type. Relation: partials.
with running as (
    select
        month,
        pqrs_type,
        business_days,
        sum(closed) as closed,
        sum(sum(closed)) over (partition by month, pqrs_type order by business_days) as so_far,
        sum(sum(closed)) over (partition by month, pqrs_type) as total
    from partials
    group by month, pqrs_type, business_days
)

select
    month,
    pqrs_type,
    sum(closed) as closed,
    round(sum(closed * business_days) / sum(closed), 2) as mean_business_days,
    min(business_days) filter (where 100 * so_far >= 90 * total) as p90_business_days
from running
group by month, pqrs_type
