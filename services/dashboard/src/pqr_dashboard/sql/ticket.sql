-- One ticket of the published run, and the raw object that holds its request. Grain: at most one row.
select
    tickets.ticket_id,
    tickets.radicado,
    tickets.pqrs_type,
    tickets.topic,
    tickets.department,
    tickets.municipality,
    tickets.dependency,
    tickets.priority,
    tickets.status,
    tickets.opened_at,
    tickets.received_on,
    tickets.term_days,
    tickets.due_on,
    tickets.effective_due_on,
    tickets.extension_days,
    tickets.suspended_days,
    tickets.closed_on,
    tickets.business_days,
    tickets.has_term,
    tickets.is_breached,
    tickets.is_overdue,
    tickets.count_emails,
    published.as_of_day,
    tickets.raw_line,
    partitions.path as raw_path,
    partitions.sha256 as raw_sha256
from core.tickets
left join meta.published on true
left join meta.partitions
    on partitions.run_id = published.run_id
    and partitions.layer = 'raw'
    and partitions.dataset = 'emails'
    and partitions.key
        = to_char(tickets.raw_day, 'YYYY-MM-DD') || '/part-' || lpad(tickets.raw_part::text, 5, '0')
where tickets.ticket_id = %(ticket_id)s::text
