-- What a definition of `pqrs.figures` may ask of a ticket of the published run: gold's facts and standing, in Postgres.
-- Grain: one row per ticket. What the ticket itself says under a name that facts give another meaning is `stated_...`.
-- A left join that no condition asks for is left out by Postgres.
select
    closed.*,
    outcome <> 'outside' and effective_due_on between %(window_from)s::date and %(window_to)s::date as is_due,
    fate = 'open' and thread_ends_on > %(window_to)s::date as is_waiting,
    coalesce(effective_due_on >= %(window_from)s::date, false) and outcome <> 'outside' as due_in_window,
    coalesce(
        business_days,
        case
            when fate = 'open' then greatest(
                (select business_number from core.calendar where day = %(window_to)s::date) - reception.business_number,
                0
            )
            else 0
        end
    ) as days_so_far
from (
    select
        ticket_id,
        radicado,
        opened_at,
        status,
        is_breached,
        is_overdue,
        is_lapsed,
        department as stated_department,
        topic as stated_topic,
        effective_due_on as stated_due_on,
        pqrs_type,
        coalesce(department, 'Sin dato') as department,
        coalesce(topic, 'SIN_DATO') as topic,
        opened_at::date as opened_on,
        extract(isodow from opened_at) as weekday,
        extract(hour from opened_at) as hour,
        received_on,
        term_days,
        closed_on,
        opened_at::date + %(thread_days)s::integer as thread_ends_on,
        case
            when effective_due_on is not null then least(effective_due_on, opened_at::date + %(thread_days)s::integer)
        end as effective_due_on,
        case
            when is_transferred then 'transferred'
            when is_archived then 'archived'
            when closed_on is not null then 'answered'
            when due_at is null then 'no_term'
            else 'open'
        end as fate,
        case
            when not has_term then 'outside'
            when closed_at >= due_at then 'late'
            when closed_on is not null then 'in_term'
            else 'open'
        end as outcome,
        opened_at::date >= %(window_from)s::date as came_in_window,
        coalesce(closed_on >= %(window_from)s::date, false) as closed_in_window,
        opened_at::date + %(thread_days)s::integer >= %(window_from)s::date as is_counted,
        business_days,
        is_extended,
        is_suspended,
        is_reopened,
        is_access_denied,
        count_emails,
        count_insistences
    from core.tickets_as_of
) as closed
left join core.calendar as reception on reception.day = closed.received_on
