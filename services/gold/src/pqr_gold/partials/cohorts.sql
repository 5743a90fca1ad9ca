-- Tickets that came, fell due and ended on the same days: all that is needed to tell what another term would change.
-- Those that came in the window, and of the days before it those that waited when it began or fell due in it.
-- Grain: cohort_id, which is opened_on x received_on x pqrs_type x term_days x effective_due_on x closed_on x fate.
-- Relation: facts.
--
-- opened_on is the local day the request arrived, received_on the legal day its term counts from. term_days and
-- effective_due_on are null outside the rate (no term, or transferred), term_days where the term is in hours; closed_on
-- is null while a ticket waits. late: how many were closed after their term, which is all or none, save for terms in
-- hours that ended on the day of the closing.
-- How many rows there are is bounded by days, not by tickets. Days of the window and before its end give back
-- kpi_daily: due on effective_due_on, breached if late or not closed, backlog from opened_on to closed_on, or for as long
-- as a thread takes mail.
with counted as (
    select
        opened_on,
        received_on,
        pqrs_type,
        case when outcome <> 'outside' then term_days end as term_days,
        case when outcome <> 'outside' then effective_due_on end as effective_due_on,
        closed_on,
        fate,
        count(*) as tickets,
        count(*) filter (where outcome = 'late') as late
    from facts
    where is_counted and (came_in_window or closed_in_window or due_in_window or fate = 'open')
    group by all
)

select
    * exclude (tickets, late),
    -- a name for the row, since some of what it counts by may be null
    left(md5(concat_ws('/',
        opened_on, received_on, pqrs_type, coalesce(term_days::text, ''), coalesce(effective_due_on::text, ''),
        coalesce(closed_on::text, ''), fate
    )), 20) as cohort_id,
    tickets,
    late
from counted
