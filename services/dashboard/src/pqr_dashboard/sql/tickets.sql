-- Tickets of the published run that pass every filter given, newest first, a page at a time.
-- Grain: one row per ticket. A filter that is null is not asked. before_at and before_id: the last ticket of the page
-- before. A code is the beginning of a radicado (in its collation ":" follows the digits) or a whole ticket_id.
select *
from core.tickets_as_of
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
    and (
        %(before_at)s::timestamptz is null
        or (opened_at <= %(before_at)s::timestamptz
            and (opened_at, ticket_id) < (%(before_at)s::timestamptz, %(before_id)s::text))
    )
order by opened_at desc, ticket_id desc
limit %(limit)s::integer
