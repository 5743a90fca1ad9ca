-- One ticket of the published run. Grain: at most one row.
select tickets.*, published.as_of_day
from core.tickets_as_of as tickets
left join meta.published on true
where tickets.ticket_id = %(ticket_id)s::text
