-- The headline figures of a run.
-- Grain: one row. Relations: territory, outcomes, traits (totals), calendar, run.
--
-- received, no_term, and what else happened to tickets (extended to insistences): of the requests that came in the window.
-- answered, archived, transferred, lapsed: what became of tickets in it, whenever they came. open_before, open, overdue:
-- what waited when it began, and at its end. due, in_term, late, unanswered: of the terms that ended in it; unanswered by
-- its end, lapsed or not.
-- breach_rate is the cohort's: breached / due. breach_rate_closed_only looks at what was closed in the window alone (late
-- / closed with a term, due or not), which flatters: tickets nobody answered are missing from it. Never mix the two.
-- Business days run from the legal reception to the answer or archive; mean and percentiles, which are discrete, are of
-- what was closed in the window, whenever it came, so no young request flatters them. survival_median is that of the
-- requests that came in it, those that still wait counted for as long as they have (Kaplan-Meier).
with
counts as (
    select
        counted(tickets, not came_in_window and (closed_in_window or fate = 'open')) as open_before,
        unnest(became(tickets, came_in_window, closed_in_window, fate, lapses_on, falls_due_on)),
        counted(tickets, came_in_window and fate = 'no_term') as no_term,
        counted(tickets, outcome in ('in_term', 'late') and closed_in_window) as closed,
        counted(tickets, outcome = 'late' and closed_in_window) as closed_late
    from territory
),
due as (
    select
        counted(tickets, outcome = 'in_term') as in_term,
        counted(tickets, outcome = 'late') as late,
        counted(tickets, outcome = 'open') as unanswered
    from territory
    where due_in_window and falls_due_on is null
),
durations as (
    select
        business_days,
        sum(tickets) as tickets,
        sum(sum(tickets)) over (order by business_days) as running,
        sum(sum(tickets)) over () as total
    from outcomes
    where closed_in_window and business_days is not null
    group by business_days
),
percentiles as (
    select
        mean(sum(tickets * business_days), sum(tickets)) as mean_business_days,
        min(business_days) filter (where 100 * running >= 50 * total) as p50_business_days,
        min(business_days) filter (where 100 * running >= 90 * total) as p90_business_days
    from durations
),
waits as (
    select
        coalesce(business_days, waited(reception.business_number, today.business_number)) as business_days,
        sum(tickets) as tickets,
        counted(tickets, outcome <> 'open') as closed
    from run
    join calendar as today on today.day = run.window_to
    cross join outcomes
    left join calendar as reception on reception.day = outcomes.waits_since
    where came_in_window
    group by all
),
survival as (
    select survival_median(list(survival_step(business_days, tickets, closed) order by business_days)) as survival_median
    from waits
),
marks as (
    select
        sum(extended) as extended,
        sum(suspended) as suspended,
        sum(reopened) as reopened,
        sum(access_denied) as access_denied,
        sum(emails) as emails,
        sum(insistences) as insistences
    from traits
)
select
    run.window_from,
    run.window_to,
    open_before,
    received,
    answered,
    archived,
    transferred,
    lapsed,
    no_term,
    open,
    overdue,
    in_term + late + unanswered as due,
    in_term,
    late,
    unanswered,
    late + unanswered as breached,
    share(late + unanswered, in_term + late + unanswered) as breach_rate,
    share(closed_late, closed) as breach_rate_closed_only,
    mean_business_days,
    p50_business_days,
    p90_business_days,
    survival_median,
    coalesce(extended, 0) as extended,
    coalesce(suspended, 0) as suspended,
    coalesce(reopened, 0) as reopened,
    coalesce(access_denied, 0) as access_denied,
    coalesce(emails, 0) as emails,
    coalesce(insistences, 0) as insistences
from run, counts, due, percentiles, survival, marks
