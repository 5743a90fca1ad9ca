-- One row per delivered e-mail, in the order given: what later steps need to know of headers and text.
-- Of addresses and bodies only facts are kept, and those as they were worded: few wordings occur, so they are
-- understood later, each once (words.sql). How mails are worded is a parameter (pqrs.wording).
-- `root` is the message that began its thread, as far as the e-mail itself can tell; an e-mail without References
-- but with a radicado (an orphan) learns it from other e-mails. `kind` is what the subject says: context comes later.
with headers as (
    select
        *,
        direction = 'inbound' as is_inbound,
        auto_submitted <> 'no' as is_automatic,
        split_part("references", ' ', 1) as first_reference,
        case
            when contains(subject, $radicado_tag)
                then substring(subject, position($radicado_tag in subject) + length($radicado_tag), $radicado_digits + 1)
        end as tagged,
        -- the text in the tag may be no number at all
        case
            when length(tagged) = $radicado_digits + 1 and ltrim(tagged, '0123456789') = ']'
                then left(tagged, $radicado_digits)
        end as radicado,
        -- what the entity answers or passes on from within its mail program is still what it is
        case
            when is_inbound then null
            when contains(left(subject, 5), ':') then regexp_replace(subject, '^(\s*(re|rv|fwd?)\s*:)+\s*', '', 'i')
            else subject
        end as letter,
        case
            when starts_with(letter, $extension) then split_part(split_part(body, $extension_days, 2), ' ', 1)
        end as days_stated
    from emails
),

threaded as (
    select
        *,
        case
            when first_reference <> '' then 'references'
            when radicado is not null then 'radicado'
            when in_reply_to is not null then 'in_reply_to'
            when is_inbound and not is_automatic then 'root'
            else 'none'
        end as thread_rule
    from headers
),

classified as (
    select
        *,
        case
            when is_inbound then case
                when starts_with(from_address, $mailer_daemon) or auto_submitted = 'auto-generated' then 'bounce'
                when is_automatic then 'out_of_office'
                when thread_rule = 'root' then 'request'
                when starts_with(subject, $tutela) then 'tutela'
                when starts_with(subject, $completion) then 'completion'
                when starts_with(subject, $reopening) then 'reopening'
                else 'insistence'
            end
            when starts_with(letter, $acknowledgement) then 'acknowledgement'
            when starts_with(letter, $answer) then 'answer'
            when starts_with(letter, $silence) then 'silence'
            when starts_with(letter, $progress) then 'progress'
            when starts_with(letter, $completion_request) then 'completion_request'
            when starts_with(letter, $extension) then case
                when ltrim(days_stated, '0123456789') = ''
                    and coalesce(try_cast(days_stated as int) between 1 and $longest_extension, false)
                    then 'extension'
                else 'void_extension'
            end
            when starts_with(letter, $transfer) then 'transfer'
            when starts_with(letter, $archive) then 'archive'
            when starts_with(letter, $annulment) then 'annulment'
            else 'other'
        end as kind
    from threaded
)

select
    case thread_rule
        when 'references' then first_reference
        when 'in_reply_to' then in_reply_to
        when 'radicado' then in_reply_to
        else message_id
    end as root,
    kind,
    thread_rule,
    radicado,
    is_inbound,
    is_automatic,
    extra_fields is not null as has_extra_fields,
    length(body)::int as body_chars,
    case kind
        when 'request' then subject
        when 'acknowledgement' then $type || split_part(split_part(body, $type, 2), e'\n\n', 1)
    end as words,
    case kind when 'request' then split_part(split_part(body, e'\n' || $home, 2), e'\n', 1) end as place,
    case kind when 'request' then nullif(split_part(split_part(body, e'\n' || $copy, 2), e'\n', 1), '') end as copied_to,
    case kind when 'request' then lower(from_address) end as citizen,
    case kind when 'extension' then days_stated::smallint end as extension_days,
    case kind when 'answer' then contains(body, $access_denied) else false end as is_access_denied,
    case kind when 'answer' then contains(body, $reiterated) else false end as is_reiterative
from classified
