-- One row a parsed line, in order: may it be taken as it is, and the values derived from its fields.
-- A canonical line has exactly the known fields, in their order, without spaces. Listing the keys of every line would
-- cost more than all of this, so two cheap facts prove it instead: the line has the shape, and it is exactly as long
-- as its fields make it. What is added, missing, renamed or of another type breaks one of the two. A line that is not
-- canonical may still be valid: diagnose.sql decides that, slowly and exactly.
with derived as (
    select
        *,
        try_strptime(date_header, '%a, %d %b %Y %H:%M:%S %z') as sent_at,
        case when attachments = '[]' then 0 else json_array_length(attachments) end::int as attachment_count,
        case
            when attachments = '[]' then 0
            else list_sum(from_json(attachments, '[{"bytes": "BIGINT"}]').list_transform(lambda item: item.bytes))
        end::bigint as attachment_bytes
    from parsed
)

select
    sent_at,
    attachment_count,
    attachment_bytes,
    coalesce(
        count_bytes = 230 + strlen(message_id) + coalesce(strlen(in_reply_to) + 2, 4) + strlen("references")
        + 2 * count_references + strlen(direction) + strlen(date_header) + strlen(from_name) + strlen(from_address)
        + strlen(to_addresses) + 2 * count_to + strlen(subject) + strlen(body)
        + (strlen(body) - strlen(replace(body, chr(10), ''))) -- a newline is written as two bytes
        + strlen(auto_submitted) + strlen(attachments)
        and line like '{"schema%version":"1","message%id":"%","in%reply%to":%,"references":[%],"direction":"%","received%at":"%","date":"%","from":{"name":"%","address":"%"},"to":[%],"subject":"%","body":"%","auto%submitted":"%","attachments":[%]}%'
        and direction in ('inbound', 'outbound')
        and message_id <> ''
        and received_at is not null
        and sent_at is not null
        and case
            when attachments = '[]' then true
            else attachments = from_json(
                attachments, '[{"filename": "VARCHAR", "media_type": "VARCHAR", "bytes": "BIGINT"}]'
            )::json::varchar
        end,
        false
    ) as is_clean
from derived
