-- Where requests come from, or what they are about, and how they fare.
-- Grain: {column} x pqrs_type with at least one ticket. Relation: {partial} (total).
--
-- received: requests that came in the window. answered, archived, transferred, closed_with_term and its business days: of
-- what was closed in it. lapsed: open when its thread ended, in it. due, breached: of the terms that ended in it, which
-- falls_due_on null says. open, overdue: at its end. So what came before the window counts where something became of it.
-- Sum the counts and divide again to go coarser: rates and means of groups do not add up.
with
counts as (
    select
        {column},
        pqrs_type,
        unnest(became(tickets, came_in_window, closed_in_window, fate, lapses_on, falls_due_on)),
        counted(tickets, due_in_window and falls_due_on is null) as due,
        counted(tickets, due_in_window and falls_due_on is null and outcome in ('late', 'open')) as breached,
        counted(tickets, closed_in_window and outcome in ('in_term', 'late')) as closed_with_term,
        coalesce(
            sum(business_days) filter (where closed_in_window and outcome in ('in_term', 'late')), 0
        ) as total_business_days
    from {partial}
    group by {column}, pqrs_type
)
select
    *,
    share(breached, due) as breach_rate,
    mean(total_business_days, closed_with_term) as mean_business_days
from counts
order by {column}, pqrs_type
