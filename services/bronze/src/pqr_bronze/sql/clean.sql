-- One row per parsed line, in order: may it be taken as it is, and the values derived from its fields.
-- A canonical line is, to the byte, what is written from the fields read out of it: known fields alone, in their
-- order, without spaces, and no escape but that of a newline in the body. A value that needs another escape, a field
-- that is added, missing, renamed or of another type gives other bytes. A line that is not canonical may still be
-- valid: diagnose.sql decides that, slowly and exactly.
with derived as (
    select
        *,
        -- the usual form alone; others, and zones of more than 14 hours, are left to diagnose.sql
        case
            when length(sent) = 31 and right(sent, 4) <= '1400' and right(sent, 2) < '60'
                then try_strptime(sent, '%a, %d %b %Y %H:%M:%S %z')
        end as sent_at,
        case
            when attachments = '[]' then []
            else from_json(attachments, $files)
        end as files
    from parsed
)

select
    sent_at,
    len(files)::int as attachment_count,
    case
        when attachments = '[]' then 0
        else try_cast(list_sum(list_transform(files, lambda item: item.bytes)) as bigint)
    end as attachment_bytes,
    coalesce(
        line = concat(
            '{"schema_version":"' || version || '","message_id":"', message_id,
            '","in_reply_to":', coalesce('"' || in_reply_to || '"', 'null'),
            ',"references":[', case "references" when '' then '' else '"' || replace("references", ' ', '","') || '"' end,
            '],"direction":"', direction,
            '","received_at":"', strftime(received_at, '%Y-%m-%dT%H:%M:%SZ'),
            '","date":"', sent,
            '","from":{"name":"', from_name, '","address":"', from_address,
            '"},"to":["', replace(to_addresses, ',', '","'),
            '"],"subject":"', subject,
            '","content_type":"' || content_type,
            '","body":"', replace(body, chr(10), '\n'),
            '","auto_submitted":"', auto_submitted,
            '","attachments":', attachments, '}', chr(10)
        )
        and case version when '1' then content_type is null when '2' then content_type in ('text/plain', 'text/html') end
        and direction in ('inbound', 'outbound')
        and message_id <> ''
        and (received_at + $utc_offset)::date = raw_day
        -- not the instant 1970-01-01 itself, which DuckDB may also make of the word `epoch`
        and sent_at > timestamp '1970-01-01' and sent_at <= timestamp '9999-12-31'
        and case
            when attachments = '[]' then true
            else attachment_bytes is not null
                and attachments = files::json::varchar
                and not contains(attachments, 'null') and not contains(attachments, '"bytes":-')
        end,
        false
    ) as is_clean,
    coalesce(version = '2' and content_type = 'text/html', false) as is_html
from derived
