-- The Lorenz curve of senders, the busiest first.
select
    row_number() over by_count / count(*) over () as people,
    sum(n_tickets) over (order by n_tickets desc, person rows unbounded preceding) / sum(n_tickets) over () as mail,
    n_tickets as wrote
from people
window by_count as (order by n_tickets desc, person)
order by people
