-- One row a raw line, in order: its fields as far as they could be read; null where they could not.
-- Parsing fails as a whole on the first line that is not JSON; `$is_guarded` looks at every line first, which costs
-- half as much again and is asked for only when parsing has failed.
with parsed as (
    select json_transform(
        case when not $is_guarded or json_valid(line) then line end,
        $structure
    ) as mail
    from lines
)

select
    mail.schema_version as version,
    mail.message_id as message_id,
    mail.in_reply_to as in_reply_to,
    array_to_string(mail."references", ' ') as "references",
    mail.direction as direction,
    mail.received_at as received_at,
    mail."date" as sent,
    mail."from".name as from_name,
    mail."from".address as from_address,
    array_to_string(mail."to", ',') as to_addresses,
    mail.subject as subject,
    mail.content_type as content_type,
    mail.body as body,
    mail.auto_submitted as auto_submitted,
    mail.attachments::varchar as attachments
from parsed
