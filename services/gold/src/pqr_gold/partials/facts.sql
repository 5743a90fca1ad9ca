-- What every figure counts, said once: how each ticket ended, and how it stands against its term.
-- Grain: one row per ticket of the partition. Relations: tickets (silver), run (window), calendar (business days).
-- Parameter: behind_utc, how far local time is behind UTC.
--
-- fate     how it ended by the end of the window: answered, archived, transferred; open (waits for an answer);
--          no_term (praise: needs none, so it is never backlog)
-- outcome  against its term: in_term, late, open_overdue (the three that are due), early (closed before its due
--          date has come), pending (open, not due yet), outside (no term, or transferred: not in the rate)
with
local_times as (
    select *, opened_at - $behind_utc as opened_local  -- the clock on the wall
    from tickets
),
ages as (
    select t.*, greatest(today.business_number - reception.business_number, 0) as age
    from local_times as t
    join calendar as reception on reception.day = t.received_on
    join run on true
    join calendar as today on today.day = run.window_to
)
select
    pqrs_type,
    coalesce(department, 'Sin dato') as department,  -- the request did not say
    coalesce(topic, 'SIN_DATO') as topic,
    cast(opened_local as date) as opened_on,
    cast(isodow(opened_local) as smallint) as weekday,
    cast(hour(opened_local) as smallint) as hour,
    received_on,
    term_days,
    closed_on,
    effective_due_on,
    case
        when is_transferred then 'transferred'
        when is_archived then 'archived'
        when closed_on is not null then 'answered'
        when term_days is null then 'no_term'
        else 'open'
    end as fate,
    case
        when not has_term then 'outside'
        when is_breached and closed_on is null then 'open_overdue'
        when is_breached then 'late'
        when is_due then 'in_term'
        when closed_on is not null then 'early'
        else 'pending'
    end as outcome,
    business_days,
    age as age_business_days,
    is_extended,
    is_suspended,
    is_reopened,
    is_access_denied,
    count_emails,
    count_insistences
from ages
