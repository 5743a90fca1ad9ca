-- Of `standing`, the columns of a list of tickets, as the tickets themselves say them.
-- Grain: one row per ticket.
select
    ticket_id,
    radicado,
    opened_at,
    pqrs_type,
    stated_topic as topic,
    stated_department as department,
    status,
    stated_due_on as effective_due_on,
    is_breached,
    is_overdue,
    is_lapsed
from standing
