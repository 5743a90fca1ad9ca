-- What came to each desk and what left it, by week; the due by the week in which they came.
select
    desk,
    cast(date_trunc('week', day) as date) as week,
    count(*) as n_received, 0 as n_left,
    count(*) filter (where is_due) as n_due, count(*) filter (where is_breached) as n_breached
from facts
where due_at is not null
group by all
union all
select desk, cast(date_trunc('week', left_on) as date), 0, count(*), 0, 0
from facts
where due_at is not null
group by all
