select
    pqrs_type,
    desk,
    count(*) filter (where is_here) as n_tickets,
    count(*) filter (where is_due_here) as n_due,
    count(*) filter (where is_due_here and is_breached) as n_breached
from facts
where is_here or is_due_here
group by all
