-- One row a line that is not canonical, in order: the first rule it breaks and why, or null when it may be taken;
-- `extra_fields` are the fields nobody knows (schema drift), which are kept.
with known(key, kind, is_nullable) as (
    values
        ('schema_version', 'VARCHAR', false), ('message_id', 'VARCHAR', false), ('in_reply_to', 'VARCHAR', true),
        ('references', 'ARRAY', false), ('direction', 'VARCHAR', false), ('received_at', 'VARCHAR', false),
        ('date', 'VARCHAR', false), ('from', 'OBJECT', false), ('to', 'ARRAY', false),
        ('subject', 'VARCHAR', false), ('body', 'VARCHAR', false), ('auto_submitted', 'VARCHAR', false),
        ('attachments', 'ARRAY', false)
),

decoded as (
    select
        ordinal,
        raw,
        line,
        coalesce(json_valid(line), false) as is_json,
        case when json_valid(line) then json_type(line) end as type,
        case when json_valid(line) and json_type(line) = 'OBJECT' then line end as object
    from (select ordinal, raw, try(decode(raw)) as line from suspects)
),

-- a field of a line, known or not, there or not
fields as (
    select
        coalesce(expected.ordinal, entries.ordinal) as ordinal,
        coalesce(expected.key, entries.key) as key,
        expected.kind,
        entries.type,
        entries.value,
        entries.type <> expected.kind and not (expected.is_nullable and entries.type = 'NULL') as is_mistyped,
        entries.times
    from (select ordinal, known.* from decoded, known where object is not null) as expected
    full join (
        select decoded.ordinal, entry.key, min(entry.type) as type, any_value(entry.value) as value, count(*) as times
        from decoded, json_each(decoded.object) as entry
        group by decoded.ordinal, entry.key
    ) as entries on entries.ordinal = expected.ordinal and entries.key = expected.key
),

judged as (
    select
        ordinal,
        string_agg(key, ', ' order by key) filter (where type is null) as missing,
        string_agg(format('{} is {} instead of {}', key, type, kind), ', ' order by key) filter (where is_mistyped)
            as mistyped,
        min(key) filter (where times > 1) as repeated,
        '{' || string_agg(to_json(key)::varchar || ':' || value::varchar, ',' order by key) filter (where kind is null)
            || '}' as extra_fields
    from fields
    group by ordinal
),

-- inside the lists and the sender, and values that have a type but no meaning
looked as (
    select
        decoded.*,
        judged.missing,
        judged.mistyped,
        judged.repeated,
        judged.extra_fields,
        case
            when json_type(object, '$.from.name') is distinct from 'VARCHAR' then 'from.name is no text'
            when json_type(object, '$.from.address') is distinct from 'VARCHAR' then 'from.address is no text'
            when len(list_filter(json_type(object, '$.references[*]'), lambda kind: kind <> 'VARCHAR')) > 0
                then 'references holds what is no text'
            when len(list_filter(json_type(object, '$.to[*]'), lambda kind: kind <> 'VARCHAR')) > 0
                then 'to holds what is no text'
            when try(from_json_strict(
                json_extract(object, '$.attachments'),
                '[{"filename": "VARCHAR", "media_type": "VARCHAR", "bytes": "BIGINT"}]'
            )) is null then 'attachments holds what is no file name, media type and size'
        end as inner_fault,
        case
            when object ->> 'schema_version' <> '1' then format('schema_version is {}', object ->> 'schema_version')
            when object ->> 'message_id' = '' then 'message_id is empty'
            when object ->> 'direction' not in ('inbound', 'outbound')
                then format('direction is {}', object ->> 'direction')
            when try_cast(object ->> 'received_at' as timestamp) is null
                then format('received_at is {}', object ->> 'received_at')
            when try_strptime(object ->> 'date', '%a, %d %b %Y %H:%M:%S %z') is null
                then format('date is {}', object ->> 'date')
        end as bad_value
    from decoded
    left join judged using (ordinal)
)

select
    ordinal,
    case
        when line is null then 'broken_encoding'
        when not is_json then 'not_json'
        when type <> 'OBJECT' then 'not_an_object'
        when missing is not null then 'missing_field'
        when mistyped is not null or inner_fault is not null then 'wrong_type'
        when bad_value is not null then 'bad_value'
        when repeated is not null then 'repeated_field'
    end as rule,
    case
        when line is null then 'the line is not UTF-8'
        when not is_json then 'the line is not one JSON value'
        when type <> 'OBJECT' then format('the line is {} instead of an object', type)
        when missing is not null then format('without {}', missing)
        else coalesce(mistyped, inner_fault, bad_value, format('{} appears twice', repeated))
    end as reason,
    extra_fields,
    coalesce(line, raw::varchar) as raw_text
from looked
order by ordinal
