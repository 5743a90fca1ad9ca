-- Exercise 13. Grain: one row per raw line. Relations: tickets, mails, objects. Parameters: month, pqrs_type, as_of.
with breached as (
    select ticket_id
    from tickets
    where has_term
        and pqrs_type = $pqrs_type
        and date_trunc('month', effective_due_on) = $month
        and effective_due_on <= $as_of
        and closed_at is null
)

select
    ticket_id,
    message_id,
    objects.path as object,
    mails.raw_line as line,
    objects.sha256
from breached
join mails using (ticket_id)
join objects using (raw_day, raw_part)
