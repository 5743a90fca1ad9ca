-- A ticket as the counts see it. Relation: tickets (silver). Parameters: behind_utc, thread_days, from, to (the window).
-- A run reads what came before its window as well, so a desk's queue is known when the window begins.
-- is_here: it came in the window; is_due, is_due_here: its term ended by the window's end, or within it; is_breached: no
-- answer by that end. left_on: the day on which it left its desk's queue, answered or lapsed.
select
    *,
    cast(opened_local as date) as day,
    cast(hour(opened_local) as integer) as hour,
    day + cast($thread_days as integer) as lapses_on,
    coalesce(dependency, '') as desk,
    coalesce(priority, '') = 'alta' as is_urgent,
    has_term and least(effective_due_on, lapses_on) <= $to as is_due,
    is_due and least(effective_due_on, lapses_on) >= $from as is_due_here,
    is_due and coalesce(closed_at >= due_at, true) as is_breached,
    coalesce(closed_on, lapses_on) as left_on,
    has_term and lapses_on between $from and $to as is_over_here,
    day between $from and $to as is_here,
    coalesce(closed_on between $from and $to, false) as is_closed_here
from (select *, cast(opened_at as timestamp) - $behind_utc as opened_local from tickets)
