-- How terms were kept, by the month they ended in.
-- Grain: month x pqrs_type with at least one ticket due. Relation: outcomes (total).
--
-- Invariants: due = in_term + late + open_overdue; breached = late + open_overdue; breach_rate = breached / due.
-- Business days (mean, discrete percentiles) are those of the month's closed tickets.
with
due as (
    select *
    from outcomes
    where falls_due_on is null
),
counts as (
    select
        due_month as month,
        pqrs_type,
        sum(tickets) as due,
        coalesce(sum(tickets) filter (where outcome = 'in_term'), 0) as in_term,
        coalesce(sum(tickets) filter (where outcome = 'late'), 0) as late,
        coalesce(sum(tickets) filter (where outcome = 'open'), 0) as open_overdue
    from due
    group by month, pqrs_type
),
durations as (
    select
        due_month as month,
        pqrs_type,
        business_days,
        sum(tickets) as tickets,
        sum(sum(tickets)) over (partition by due_month, pqrs_type order by business_days) as running,
        sum(sum(tickets)) over (partition by due_month, pqrs_type) as total
    from due
    where business_days is not null
    group by due_month, pqrs_type, business_days
),
percentiles as (
    select
        month,
        pqrs_type,
        mean(sum(tickets * business_days), sum(tickets)) as mean_business_days,
        min(business_days) filter (where 100 * running >= 50 * total) as p50_business_days,
        min(business_days) filter (where 100 * running >= 90 * total) as p90_business_days,
        min(business_days) filter (where 100 * running >= 95 * total) as p95_business_days
    from durations
    group by month, pqrs_type
)
select
    counts.month,
    counts.pqrs_type,
    due,
    in_term,
    late,
    open_overdue,
    late + open_overdue as breached,
    share(late + open_overdue, due) as breach_rate,
    mean_business_days,
    p50_business_days,
    p90_business_days,
    p95_business_days
from counts
left join percentiles using (month, pqrs_type)
order by month, pqrs_type
