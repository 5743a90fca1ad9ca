-- One ticket of the published run, and the raw object that holds its request. Grain: at most one row.
select tickets.*, published.as_of_day, partitions.path as raw_path, partitions.sha256 as raw_sha256
from core.tickets_as_of as tickets
left join meta.published on true
left join meta.run_partitions as partitions
    on partitions.run_id = published.run_id
    and partitions.layer = 'raw'
    and partitions.dataset = 'emails'
    and partitions.key
        = to_char(tickets.raw_day, 'YYYY-MM-DD') || '/part-' || lpad(tickets.raw_part::text, 5, '0')
where tickets.ticket_id = %(ticket_id)s::text
