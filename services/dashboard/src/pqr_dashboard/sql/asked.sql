-- Of the tickets `seen`, those that pass every filter given; one that is null is not asked.
-- Grain: one row per ticket.
-- A code is the beginning of a radicado (in its collation ":" follows the digits) or a whole ticket_id.
select *
from seen
where
    (
        %(code)s::text is null
        or (radicado >= %(code)s::text and radicado < %(code)s::text || ':')
        or ticket_id = %(code)s::text
    )
    and (%(pqrs_type)s::text is null or pqrs_type = %(pqrs_type)s::text)
    and (%(status)s::text is null or status = %(status)s::text)
    and (%(department)s::text is null or department = %(department)s::text)
    and (%(topic)s::text is null or topic = %(topic)s::text)
    and (
        %(opened_from)s::date is null
        or opened_at >= %(opened_from)s::date::timestamp at time zone current_setting('timezone')
    )
    and (
        %(opened_to)s::date is null
        or opened_at < (%(opened_to)s::date + 1)::timestamp at time zone current_setting('timezone')
    )
    and (not %(only_overdue)s::boolean or is_overdue)
