select
    count(*) as n_mails,
    count(*) filter (where direction = 'inbound') as n_inbound,
    count(*) filter (where direction = 'inbound' and is_automatic) as n_automatic,
    count(*) filter (where direction = 'inbound' and attachment_count > 0) as n_attachments,
    count(*) filter (where thread_rule in ('radicado', 'in_reply_to')) as n_lost_references,
    count(*) filter (where is_late) as n_late
from emails
