-- Tickets with a term, by the month their term ends in, how they stand and how long the answer took.
-- Grain: due_month x pqrs_type x outcome x falls_due_on x lapses_on x business_days (null while open) x waits_since x what
-- the window saw of them. Relation: facts.
--
-- waits_since: the legal reception of what is open; null for the rest.
select
    cast(date_trunc('month', effective_due_on) as date) as due_month,
    pqrs_type,
    outcome,
    falls_due_on,
    lapses_on,
    business_days,
    case when outcome = 'open' then received_on end as waits_since,
    came_in_window,
    closed_in_window,
    due_in_window,
    count(*) as tickets
from facts
where outcome <> 'outside' and is_counted and (came_in_window or closed_in_window or due_in_window)
group by all
