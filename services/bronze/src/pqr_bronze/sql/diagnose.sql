-- One row a line that is not canonical, in order: the first rule it breaks and why, or null when it may be taken;
-- `extra_fields` are the fields nobody knows (schema drift), which are kept.
with decoded as (
    select ordinal, raw, try(decode(raw)) as line
    from suspects
),

objects as (
    select ordinal, line
    from decoded
    where line is not null and json_valid(line) and json_type(line) = 'OBJECT'
),

entries as (
    select objects.ordinal, entry.key, entry.type, entry.value
    from objects, json_each(objects.line) as entry
),

known(field, kind, is_nullable) as (
    values
        ('schema_version', 'VARCHAR', false), ('message_id', 'VARCHAR', false), ('in_reply_to', 'VARCHAR', true),
        ('references', 'ARRAY', false), ('direction', 'VARCHAR', false), ('received_at', 'VARCHAR', false),
        ('date', 'VARCHAR', false), ('from', 'OBJECT', false), ('to', 'ARRAY', false),
        ('subject', 'VARCHAR', false), ('body', 'VARCHAR', false), ('auto_submitted', 'VARCHAR', false),
        ('attachments', 'ARRAY', false)
),

expected as (
    select objects.ordinal, known.*
    from objects cross join known
),

missing as (
    select expected.ordinal, string_agg(expected.field, ', ' order by expected.field) as fields
    from expected
    anti join entries on entries.ordinal = expected.ordinal and entries.key = expected.field
    group by expected.ordinal
),

mistyped as (
    select
        expected.ordinal,
        string_agg(
            format('{} is {} instead of {}', expected.field, entries.type, expected.kind), ', '
            order by expected.field
        ) as fields
    from expected
    join entries on entries.ordinal = expected.ordinal and entries.key = expected.field
    where entries.type <> expected.kind and not (expected.is_nullable and entries.type = 'NULL')
    group by expected.ordinal
),

repeated as (
    select ordinal, min(key) as field
    from (select ordinal, key from entries group by ordinal, key having count(*) > 1)
    group by ordinal
),

drifted as (
    select entries.ordinal, json_group_object(entries.key, entries.value)::varchar as fields
    from entries
    anti join known on known.field = entries.key
    group by entries.ordinal
),

-- inside the lists and the sender, and values that have a type but no meaning
inner_types as (
    select
        ordinal,
        case
            when json_type(line, '$.from.name') is distinct from 'VARCHAR' then 'from.name is no text'
            when json_type(line, '$.from.address') is distinct from 'VARCHAR' then 'from.address is no text'
            when list_contains(json_type(line, '$.references[*]'), 'VARCHAR')
                and len(list_distinct(json_type(line, '$.references[*]'))) > 1
                or list_has_any(
                    json_type(line, '$.references[*]'), ['OBJECT', 'ARRAY', 'UBIGINT', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'NULL']
                ) then 'references holds what is no text'
            when list_has_any(
                json_type(line, '$.to[*]'), ['OBJECT', 'ARRAY', 'UBIGINT', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'NULL']
            ) then 'to holds what is no text'
            when try(from_json_strict(
                json_extract(line, '$.attachments'),
                '[{"filename": "VARCHAR", "media_type": "VARCHAR", "bytes": "BIGINT"}]'
            )) is null then 'attachments holds what is no file name, media type and size'
        end as fault
    from objects
),

bad_values as (
    select
        ordinal,
        case
            when line ->> 'schema_version' <> '1' then format('schema_version is {}', line ->> 'schema_version')
            when line ->> 'message_id' = '' then 'message_id is empty'
            when line ->> 'direction' not in ('inbound', 'outbound') then format('direction is {}', line ->> 'direction')
            when try_cast(line ->> 'received_at' as timestamp) is null then format('received_at is {}', line ->> 'received_at')
            when try_strptime(line ->> 'date', '%a, %d %b %Y %H:%M:%S %z') is null then format('date is {}', line ->> 'date')
        end as fault
    from objects
)

select
    decoded.ordinal,
    case
        when decoded.line is null then 'broken_encoding'
        when not json_valid(decoded.line) then 'not_json'
        when objects.ordinal is null then 'not_an_object'
        when missing.ordinal is not null then 'missing_field'
        when mistyped.ordinal is not null then 'wrong_type'
        when inner_types.fault is not null then 'wrong_type'
        when bad_values.fault is not null then 'bad_value'
        when repeated.ordinal is not null then 'repeated_field'
    end as rule,
    case
        when decoded.line is null then 'the line is not UTF-8'
        when not json_valid(decoded.line) then 'the line is not one JSON value'
        when objects.ordinal is null then format('the line is {} instead of an object', json_type(decoded.line))
        when missing.ordinal is not null then format('without {}', missing.fields)
        when mistyped.ordinal is not null then mistyped.fields
        else coalesce(inner_types.fault, bad_values.fault, format('{} appears twice', repeated.field))
    end as reason,
    drifted.fields as extra_fields,
    coalesce(decoded.line, decoded.raw::varchar) as raw_text
from decoded
left join objects using (ordinal)
left join missing using (ordinal)
left join mistyped using (ordinal)
left join repeated using (ordinal)
left join drifted using (ordinal)
left join inner_types using (ordinal)
left join bad_values using (ordinal)
order by decoded.ordinal
