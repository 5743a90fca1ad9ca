-- How terms were kept, by the month they ended in.
-- Grain: month x pqrs_type with at least one ticket due. Relations: outcomes (total), calendar, run.
--
-- Of the terms that ended in the window. open_overdue: not answered by its end; waiting: those of them whose thread still
-- takes mail. Invariants: due = in_term + late + open_overdue; breached = late + open_overdue; breach_rate = breached / due.
-- Business days (mean, discrete percentiles) are those of the month's closed tickets, so they leave out the slowest while
-- some wait. is_final: the month is over and none waits. survival_median counts what waits for as long as it has
-- (Kaplan-Meier).
with
due as (
    select *
    from outcomes
    where due_in_window and falls_due_on is null
),
counts as (
    select
        due_month as month,
        pqrs_type,
        sum(tickets) as due,
        counted(tickets, outcome = 'in_term') as in_term,
        counted(tickets, outcome = 'late') as late,
        counted(tickets, outcome = 'open') as open_overdue,
        counted(tickets, lapses_on is not null) as waiting
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
),
waits as (
    select
        due_month as month,
        pqrs_type,
        coalesce(business_days, waited(reception.business_number, today.business_number)) as business_days,
        sum(tickets) as tickets,
        counted(tickets, outcome <> 'open') as closed
    from run
    join calendar as today on today.day = run.window_to
    cross join due
    left join calendar as reception on reception.day = due.waits_since
    group by all
),
survival as (
    select
        month,
        pqrs_type,
        survival_median(list(survival_step(business_days, tickets, closed) order by business_days)) as survival_median
    from waits
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
    p95_business_days,
    survival_median,
    waiting,
    waiting = 0 and last_day(month) <= (select window_to from run) as is_final
from counts
join survival using (month, pqrs_type)
left join percentiles using (month, pqrs_type)
order by month, pqrs_type
