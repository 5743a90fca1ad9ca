-- One row a delivered e-mail, in the order given: what later steps need to know of headers and text.
-- Of addresses and bodies only facts are kept, and those as they were worded: few wordings occur, so they are
-- understood later, each once (words.sql).
-- `root` is the message that began its thread, as far as the e-mail itself can tell; an e-mail without References
-- but with a radicado (an orphan) learns it from other e-mails. `kind` is what the subject says: context comes later.
with headers as (
    select
        *,
        direction = 'inbound' as is_inbound,
        auto_submitted <> 'no' as is_automatic,
        split_part("references", ' ', 1) as first_reference,
        case
            when contains(subject, '[Radicado ')
                then substring(subject, position('[Radicado ' in subject) + 10, 14)
        end as radicado
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
                when starts_with(from_address, 'mailer-daemon@') or auto_submitted = 'auto-generated' then 'bounce'
                when is_automatic then 'out_of_office'
                when thread_rule = 'root' then 'request'
                when starts_with(subject, 'Re: Requerimiento para completar') then 'completion'
                when starts_with(subject, 'Re: Respuesta de fondo') then 'reopening'
                else 'insistence'
            end
            when starts_with(subject, 'Acuse de recibo') then 'acknowledgement'
            when starts_with(subject, 'Respuesta de fondo') then 'answer'
            when starts_with(subject, 'Avance del trámite') then 'progress'
            when starts_with(subject, 'Requerimiento para completar') then 'completion_request'
            when starts_with(subject, 'Prórroga del término') then 'extension'
            when starts_with(subject, 'Traslado por competencia') then 'transfer'
            when starts_with(subject, 'Archivo por desistimiento') then 'archive'
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
        when 'acknowledgement' then 'Tipo: ' || split_part(split_part(body, 'Tipo: ', 2), e'\n\n', 1)
    end as words,
    case kind when 'request' then split_part(split_part(body, e'\nMunicipio: ', 2), e'\n', 1) end as place,
    case kind when 'request' then lower(from_address) end as citizen,
    case kind
        when 'extension' then try_cast(split_part(split_part(body, 'Prórroga: ', 2), ' ', 1) as smallint)
    end as extension_days,
    case kind when 'answer' then contains(body, 'Decisión: acceso negado') else false end as is_access_denied
from classified
