-- All tickets `asked` for, newest first. Grain: one row per ticket.
select *
from asked
order by opened_at desc, ticket_id desc
