-- The headline figures of a run.
-- Grain: one row. Relations: territory, outcomes, traits (totals), run.
--
-- breach_rate is the cohort's: breached / due. breach_rate_closed_only looks at closed tickets alone (late / closed
-- with a term, due or not), which flatters: tickets nobody answered are missing from it. Never mix the two.
-- Business days run from the legal reception to the answer or archive; percentiles are discrete.
with
counts as (
    select
        sum(tickets) as received,
        coalesce(sum(tickets) filter (where fate = 'answered'), 0) as answered,
        coalesce(sum(tickets) filter (where fate = 'archived'), 0) as archived,
        coalesce(sum(tickets) filter (where fate = 'transferred'), 0) as transferred,
        coalesce(sum(tickets) filter (where fate = 'open'), 0) as open,
        coalesce(sum(tickets) filter (where fate = 'no_term'), 0) as no_term,
        coalesce(sum(tickets) filter (where falls_due_on is null and outcome = 'in_term'), 0) as in_term,
        coalesce(sum(tickets) filter (where outcome = 'late'), 0) as late,
        coalesce(sum(tickets) filter (where falls_due_on is null and outcome = 'open'), 0) as overdue,
        coalesce(sum(tickets) filter (where falls_due_on is not null and outcome = 'in_term'), 0) as early
    from territory
),
durations as (
    select
        business_days,
        sum(tickets) as tickets,
        sum(sum(tickets)) over (order by business_days) as running,
        sum(sum(tickets)) over () as total
    from outcomes
    where business_days is not null
    group by business_days
),
percentiles as (
    select
        mean(sum(tickets * business_days), sum(tickets)) as mean_business_days,
        min(business_days) filter (where 100 * running >= 50 * total) as p50_business_days,
        min(business_days) filter (where 100 * running >= 90 * total) as p90_business_days
    from durations
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
    coalesce(received, 0) as received,
    answered,
    archived,
    transferred,
    no_term,
    open,
    overdue,
    in_term + late + overdue as due,
    in_term,
    late,
    late + overdue as breached,
    share(late + overdue, in_term + late + overdue) as breach_rate,
    share(late, in_term + late + early) as breach_rate_closed_only,
    mean_business_days,
    p50_business_days,
    p90_business_days,
    coalesce(extended, 0) as extended,
    coalesce(suspended, 0) as suspended,
    coalesce(reopened, 0) as reopened,
    coalesce(access_denied, 0) as access_denied,
    coalesce(emails, 0) as emails,
    coalesce(insistences, 0) as insistences
from run, counts, percentiles, marks
