-- Tickets by where they come from, or by what they are about.
-- Grain: {column} x pqrs_type x fate x outcome x falls_due_on x lapses_on x what the window saw of them. Relation: facts.
select
    {column},
    pqrs_type,
    fate,
    outcome,
    falls_due_on,
    lapses_on,
    came_in_window,
    closed_in_window,
    due_in_window,
    count(*) as tickets,
    cast(coalesce(sum(business_days), 0) as bigint) as business_days
from facts
where is_counted and (came_in_window or closed_in_window or due_in_window or fate = 'open')
group by all
