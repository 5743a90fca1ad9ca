select
    tickets.ticket_id,
    tickets.root_message_id as message_id,
    objects.path as object,
    tickets.raw_line as line,
    objects.sha256
from tickets
join objects using (raw_day, raw_part)
where has_term
    and pqrs_type = $pqrs_type
    and date_trunc('month', effective_due_on) = $month
    and effective_due_on <= $as_of
    and (closed_at is null or closed_at >= due_at)
