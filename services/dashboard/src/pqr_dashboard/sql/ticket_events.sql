-- The life of one ticket of the published run. Grain: one row per step, in order.
select seq, event_type, occurred_at, actor, to_status, is_effective, pqrs_type, extension_days
from core.ticket_events
where ticket_id = %(ticket_id)s::text
order by seq
