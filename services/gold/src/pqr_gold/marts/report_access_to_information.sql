-- Report on requests for access to information: Ley 1712 de 2014; Decreto 103 de 2015 art. 52
-- (Decreto 1081 de 2015 art. 2.1.1.6.2), which asks for (a) requests received, (b) transferred to another body,
-- (c) time to answer each, (d) access denied.
-- Grain: month received x pqrs_type (PET_INF, PET_DOC), every month of the window. Relations: access (total),
-- calendar, run.
--
-- Item (c) for each single request is core.tickets.business_days; here: mean and discrete percentiles of the answered,
-- which leave out the slowest while some wait. is_final: the month is over and none waits. survival_median counts what
-- waits for as long as it has, and what was archived until then (Kaplan-Meier).
with
months as (
    select distinct cast(date_trunc('month', calendar.day) as date) as month
    from run
    join calendar on calendar.day between run.window_from and run.window_to
),
grid as (
    select months.month, type.pqrs_type
    from months
    cross join (values ('PET_INF'), ('PET_DOC')) as type (pqrs_type)
),
counts as (
    select
        month,
        pqrs_type,
        sum(tickets) as received,
        sum(tickets) filter (where fate = 'transferred') as transferred,
        sum(tickets) filter (where fate = 'answered') as answered,
        sum(tickets) filter (where is_access_denied) as access_denied,
        sum(tickets) filter (where lapses_on is not null) as waiting
    from access
    group by month, pqrs_type
),
durations as (
    select
        month,
        pqrs_type,
        business_days,
        sum(tickets) as tickets,
        sum(sum(tickets)) over (partition by month, pqrs_type order by business_days) as running,
        sum(sum(tickets)) over (partition by month, pqrs_type) as total
    from access
    where fate = 'answered'
    group by month, pqrs_type, business_days
),
response_times as (
    select
        month,
        pqrs_type,
        mean(sum(tickets * business_days), sum(tickets)) as mean_business_days,
        min(business_days) filter (where 100 * running >= 50 * total) as p50_business_days,
        min(business_days) filter (where 100 * running >= 90 * total) as p90_business_days,
        max(business_days) as max_business_days
    from durations
    group by month, pqrs_type
),
waits as (
    select
        month,
        pqrs_type,
        coalesce(business_days, waited(reception.business_number, today.business_number)) as business_days,
        sum(tickets) as tickets,
        counted(tickets, fate = 'answered') as closed
    from run
    join calendar as today on today.day = run.window_to
    cross join access
    left join calendar as reception on reception.day = access.waits_since
    where fate <> 'transferred'
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
    grid.month,
    grid.pqrs_type,
    coalesce(received, 0) as received,
    coalesce(transferred, 0) as transferred,
    share(coalesce(transferred, 0), coalesce(received, 0)) as transferred_rate,
    coalesce(answered, 0) as answered,
    mean_business_days,
    p50_business_days,
    p90_business_days,
    max_business_days,
    survival_median,
    coalesce(waiting, 0) as waiting,
    coalesce(waiting, 0) = 0 and last_day(grid.month) <= (select window_to from run) as is_final,
    coalesce(access_denied, 0) as access_denied,
    share(coalesce(access_denied, 0), coalesce(received, 0)) as access_denied_rate
from grid
left join counts using (month, pqrs_type)
left join response_times using (month, pqrs_type)
left join survival using (month, pqrs_type)
order by month, pqrs_type
