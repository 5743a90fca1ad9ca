-- Where requests come from, or what they are about, and how they fare.
-- Grain: {column} x pqrs_type with at least one ticket. Relation: {partial} (total).
--
-- What has a term is due once that has ended: falls_due_on is null.
-- Sum the counts and divide again to go coarser: rates and means of groups do not add up.
with
counts as (
    select
        {column},
        pqrs_type,
        sum(tickets) as received,
        coalesce(sum(tickets) filter (where fate = 'answered'), 0) as answered,
        coalesce(sum(tickets) filter (where fate = 'archived'), 0) as archived,
        coalesce(sum(tickets) filter (where fate = 'transferred'), 0) as transferred,
        coalesce(sum(tickets) filter (where fate = 'open'), 0) as open,
        coalesce(sum(tickets) filter (where falls_due_on is null and outcome = 'open'), 0) as overdue,
        coalesce(sum(tickets) filter (where falls_due_on is null and outcome <> 'outside'), 0) as due,
        coalesce(sum(tickets) filter (where falls_due_on is null and outcome in ('late', 'open')), 0) as breached,
        coalesce(sum(tickets) filter (where outcome in ('in_term', 'late')), 0) as closed_with_term,
        coalesce(sum(business_days) filter (where outcome in ('in_term', 'late')), 0) as total_business_days
    from {partial}
    group by {column}, pqrs_type
)
select
    *,
    share(breached, due) as breach_rate,
    mean(total_business_days, closed_with_term) as mean_business_days
from counts
order by {column}, pqrs_type
