-- A desk's week: load is what waited on its Monday, in weeks of what the desk usually ends; late the share of what
-- came then and breached. A surge is a week with half as much again as the desk is used to; since_surge counts the
-- weeks since the last one, null before the first.
with
weeks as (
    select
        desk, week, sum(n_received) as received, sum(n_left) as ended, sum(n_due) as due, sum(n_breached) as breached
    from flow
    where week <= $to and desk <> ''
    group by all
),
waiting as (
    select
        *,
        coalesce(sum(received - ended) over (
            partition by desk order by week rows between unbounded preceding and 1 preceding), 0) as backlog,
        avg(ended) filter (where week >= $from) over (partition by desk) as usual,
        received / nullif(median(received) over (partition by desk), 0) as surge
    from weeks
)
select
    desk, week, received, due, breached, backlog, surge,
    backlog / nullif(usual, 0) as load,
    breached / nullif(due, 0) as late,
    cast(week - max(week) filter (where surge >= 1.5) over (
        partition by desk order by week rows between unbounded preceding and current row) as integer) // 7 as since_surge
from waiting
qualify week > $from and due > 0
order by desk, week
