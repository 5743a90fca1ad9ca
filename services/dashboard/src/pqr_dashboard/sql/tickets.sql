-- A page of the tickets `asked` for, newest first. Grain: one row per ticket.
-- before_at and before_id: the last ticket of the page before.
select *
from asked
where
    %(before_at)s::timestamptz is null
    or (opened_at <= %(before_at)s::timestamptz
        and (opened_at, ticket_id) < (%(before_at)s::timestamptz, %(before_id)s::text))
order by opened_at desc, ticket_id desc
limit %(limit)s::integer
