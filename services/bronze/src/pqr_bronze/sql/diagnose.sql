-- One row per line that is not canonical, in order: the first rule it breaks and why, or null when it may be taken;
-- `sent_at` is its Date in any form of RFC 5322: without the day of the week or the seconds, with comments, in GMT;
-- `extra_fields` are the fields nobody knows (schema drift), which are kept: those of the line by themselves, one
-- inside the sender or an attachment with all that stands around it. `known` holds the fields of the contract.
with read as (
    select
        ordinal,
        day,
        line,
        -- DuckDB's reader is kinder than JSON: it takes a comma before a closing bracket, NaN and Infinity.
        coalesce(json_valid(line), false) and not regexp_matches(
            regexp_replace(line, '"([^"\\]|\\.)*"', '""', 'g'), '(?i),\s*[\]}]|nan|inf'
        ) as is_json
    from (select ordinal, day, try(decode(raw)) as line from suspects)
),

decoded as (
    select
        *,
        case when is_json then json_type(line) end as type,
        case when is_json and json_type(line) = 'OBJECT' then line end as object
    from read
),

-- the parts of the Date header; a zone of more than 14 hours is no clock's on earth
dated as (
    select
        ordinal,
        regexp_extract(
            trim(regexp_replace(object ->> 'date', '\([^()]*\)', ' ', 'g')),
            '(?i)^(?:(?:mon|tue|wed|thu|fri|sat|sun)\s*,)?\s*(\d\d?\s+[a-z]{3}\s+\d{4}\s+\d\d:\d\d)(:\d\d)?\s+'
            || '(?:(gmt|utc?)|([+-](?:0\d|1[0-3]):?[0-5]\d|[+-]14:?00))$',
            ['minute', 'second', 'gmt', 'zone']
        ) as parts
    from decoded
),

-- `keys`: of the objects inside it
entries as (
    select
        *,
        case key
            when 'from' then [json_keys(value)]
            when 'attachments' then list_transform(json_extract(value, '$[*]'), lambda item: json_keys(item))
        end as keys
    from (
        select decoded.ordinal, entry.key, min(entry.type) as type, any_value(entry.value) as value, count(*) as times
        from decoded, json_each(decoded.object) as entry
        group by decoded.ordinal, entry.key
    )
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
        case
            when entries.times > 1 then format('{} appears twice', entries.key)
            when len(list_filter(keys, lambda names: len(names) > len(list_distinct(names)))) > 0
                then format('a field inside {} appears twice', entries.key)
        end as repeated,
        expected.kind is null or len(list_filter(flatten(keys), lambda name: name not in inner_keys)) > 0 as is_drift
    from (
        select ordinal, known.*
        from decoded, known
        where object is not null and since in ('1', coalesce(object ->> 'schema_version', ''))
    ) as expected
    full join entries on entries.ordinal = expected.ordinal and entries.key = expected.key
),

judged as (
    select
        ordinal,
        string_agg(key, ', ' order by key) filter (where type is null) as missing,
        string_agg(format('{} is {} instead of {}', key, type, kind), ', ' order by key) filter (where is_mistyped)
            as mistyped,
        min(repeated) as repeated,
        '{' || string_agg(to_json(key)::varchar || ':' || value::varchar, ',' order by key) filter (where is_drift)
            || '}' as extra_fields
    from fields
    group by ordinal
),

-- inside the lists and the sender, and values that have a type but no meaning
looked as (
    select
        decoded.*,
        judged.* exclude (ordinal),
        try_strptime(
            regexp_replace(parts.minute, '\s+', ' ', 'g') || coalesce(nullif(parts.second, ''), ':00')
            || coalesce(nullif(parts.zone, ''), '+0000'),
            '%d %b %Y %H:%M:%S%z'
        ) as sent_at,
        case
            when json_type(object, '$.from.name') is distinct from 'VARCHAR' then 'from.name is no text'
            when json_type(object, '$.from.address') is distinct from 'VARCHAR' then 'from.address is no text'
            when len(list_filter(json_type(object, '$.references[*]'), lambda kind: kind <> 'VARCHAR')) > 0
                then 'references holds what is no text'
            when len(list_filter(json_type(object, '$.to[*]'), lambda kind: kind <> 'VARCHAR')) > 0
                then 'to holds what is no text'
            when len(list_filter(json_extract(object, '$.attachments[*]'), lambda item:
                json_type(item, '$.filename') is distinct from 'VARCHAR'
                or json_type(item, '$.media_type') is distinct from 'VARCHAR'
                or json_type(item, '$.bytes') is distinct from 'UBIGINT'
            )) > 0 then 'attachments holds what is no file name, media type and size'
        end as inner_fault,
        case
            when object ->> 'schema_version' not in ('1', '2')
                then format('schema_version is {}', object ->> 'schema_version')
            when object ->> 'schema_version' = '2' and object ->> 'content_type' not in ('text/plain', 'text/html')
                then format('content_type is {}', object ->> 'content_type')
            when object ->> 'message_id' = '' then 'message_id is empty'
            when object ->> 'direction' not in ('inbound', 'outbound')
                then format('direction is {}', object ->> 'direction')
            -- The form first: DuckDB's reader also takes words such as `epoch`, in some versions for a good instant.
            when not regexp_full_match(object ->> 'received_at', '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
                or try_strptime(object ->> 'received_at', '%Y-%m-%dT%H:%M:%SZ') is null
                then format('received_at is {}', object ->> 'received_at')
            when (try_strptime(object ->> 'received_at', '%Y-%m-%dT%H:%M:%SZ') + $utc_offset)::date <> day
                then format('received_at is {}, which is not on the day {}', object ->> 'received_at', day)
            when not coalesce(sent_at between timestamp '1970-01-01' and timestamp '9999-12-31', false)
                then format('date is {}', object ->> 'date')
            when json_array_length(object, '$.attachments') > 0
                and try(list_sum(json_extract(object, '$.attachments[*].bytes')::ubigint[])::bigint) is null
                then 'attachments have more bytes than can be counted'
            when contains(replace(object, '\\', ''), '\u0000') then 'a text holds the character U+0000'
        end as bad_value
    from decoded
    left join dated using (ordinal)
    left join judged using (ordinal)
)

select
    ordinal,
    case
        when line is null then 'broken_encoding'
        when not is_json then 'not_json'
        when object is null then 'not_an_object'
        when missing is not null then 'missing_field'
        when mistyped is not null or inner_fault is not null then 'wrong_type'
        when bad_value is not null then 'bad_value'
        when repeated is not null then 'repeated_field'
    end as rule,
    case
        when line is null then 'the line is not UTF-8'
        when not is_json then 'the line is not one JSON value'
        when object is null then format('the line is {} instead of an object', type)
        when missing is not null then format('without {}', missing)
        else coalesce(mistyped, inner_fault, bad_value, repeated)
    end as reason,
    sent_at,
    extra_fields
from looked
order by ordinal
