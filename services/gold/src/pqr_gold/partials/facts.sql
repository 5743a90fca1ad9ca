-- What every figure counts, said once: how each ticket ended, and how it stands against its term.
-- Grain: one row per ticket of the partition. Relation: tickets (silver). Parameters: behind_utc, how far local time is
-- behind UTC; window_from; thread_days, for how long after its request a thread takes mail.
--
-- A run reads what came before its window as well (the lead), so that the window begins with what waited then. What a
-- figure counts of it follows from three flags: whether the request came in the window, whether the ticket was closed in
-- it, and whether its term ends in it or later. is_counted: it came so late that any of that can be; others were over
-- before the window.
--
-- Before the facts come the columns that name a ticket, for whoever lists tickets; partials want none.
--
-- Nothing here depends on the day a run ends with, so that what was counted once is counted for every later day.
--
-- fate          how it ended: answered, archived (or its number annulled), transferred; open (waits for an answer);
--               no_term (praise: needs none, so it is never backlog)
-- outcome       against its term: in_term or late (closed by its end, or after it), open, outside (no term, or
--               transferred: not in the rate). A term in hours may end within the day it is counted on: what is closed
--               later on that day is late.
-- falls_due_on  the end of the term while it may be ahead and matters: of what is in_term or open, unless the partition
--               holds a request that arrived on that day or later. Null: it has come, or there is none.
-- lapses_on     the last day on which its thread takes mail, of what is open: then it leaves the stock unanswered. Null as
--               falls_due_on is. A term that is longer ends on that day.
select
    {identity}pqrs_type,
    coalesce(department, 'Sin dato') as department,  -- the request did not say
    coalesce(topic, 'SIN_DATO') as topic,
    opened_on,
    cast(isodow(opened_local) as smallint) as weekday,
    cast(hour(opened_local) as smallint) as hour,
    received_on,
    term_days,
    closed_on,
    case when effective_due_on is not null then least(effective_due_on, thread_ends_on) end as effective_due_on,
    thread_ends_on,
    cast(case
        when is_transferred then 'transferred'
        when is_archived then 'archived'
        when closed_on is not null then 'answered'
        when due_at is null then 'no_term'
        else 'open'
    end as enum ('answered', 'archived', 'transferred', 'open', 'no_term')) as fate,
    cast(case
        when not has_term then 'outside'
        when closed_at >= due_at then 'late'
        when closed_on is not null then 'in_term'
        else 'open'
    end as enum ('in_term', 'late', 'open', 'outside')) as outcome,
    case
        when outcome in ('in_term', 'open') and least(effective_due_on, thread_ends_on) > newest
            then least(effective_due_on, thread_ends_on)
    end as falls_due_on,
    case when fate = 'open' and thread_ends_on > newest then thread_ends_on end as lapses_on,
    opened_on >= $window_from as came_in_window,
    coalesce(closed_on >= $window_from, false) as closed_in_window,
    coalesce(least(effective_due_on, thread_ends_on) >= $window_from, false) and outcome <> 'outside' as due_in_window,
    thread_ends_on >= $window_from as is_counted,
    business_days,
    is_extended,
    is_suspended,
    is_reopened,
    is_access_denied,
    count_emails,
    count_insistences
from (
    select
        *,
        cast(opened_at as timestamp) - $behind_utc as opened_local,  -- the clock on the wall
        cast(opened_local as date) as opened_on,
        cast(opened_local as date) + cast($thread_days as integer) as thread_ends_on,
        max(raw_day) over () as newest
    from tickets
)
