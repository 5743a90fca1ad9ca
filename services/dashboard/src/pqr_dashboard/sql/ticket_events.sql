-- The life of one ticket of the published run. Grain: one row per step, in order.
select *
from core.ticket_events
where ticket_id = %(ticket_id)s::text
order by seq
