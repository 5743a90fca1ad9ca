-- The peer of raw -> gold: the same transforms on the same files as one bare script, without hashes, manifests,
-- rejects or checks. `{raw}` and `{out}` are folders.
copy (select
    message_id, in_reply_to, array_to_string("references", ' ') as "references", direction, received_at,
    try_strptime("date", '%a, %d %b %Y %H:%M:%S %z') as sent_at, "from".name as from_name,
    "from".address as from_address, array_to_string("to", ',') as to_addresses, subject, body, auto_submitted,
    len(attachments) as attachment_count
from read_json(
    '{raw}/*/*.jsonl', format = 'newline_delimited', ignore_errors = true,
    columns = {{
        schema_version: 'VARCHAR', message_id: 'VARCHAR', in_reply_to: 'VARCHAR', "references": 'VARCHAR[]',
        direction: 'VARCHAR', received_at: 'TIMESTAMP', "date": 'VARCHAR',
        "from": 'STRUCT(name VARCHAR, address VARCHAR)', "to": 'VARCHAR[]', subject: 'VARCHAR', body: 'VARCHAR',
        auto_submitted: 'VARCHAR', attachments: 'STRUCT(filename VARCHAR, media_type VARCHAR, bytes BIGINT)[]'
    }}
)
) to '{out}/bronze.parquet' (format parquet);
create or replace view bronze as from '{out}/bronze.parquet';

copy (with facts as (
    select
        *,
        nullif(regexp_extract(subject, 'Radicado (\d{{14}})', 1), '') as radicado,
        coalesce(nullif(split_part("references", ' ', 1), ''), in_reply_to) as parent,
        case
            when auto_submitted = 'auto-generated' then 'bounce'
            when direction = 'inbound' and auto_submitted = 'auto-replied' then 'out_of_office'
            when subject like 'Acuse de recibo%' then 'acknowledgement'
            when subject like 'Traslado%' then 'transfer'
            when subject like 'Requerimiento%' then 'completion_request'
            when subject like 'Prórroga%' then 'extension'
            when subject like 'Avance%' then 'progress'
            when subject like 'Respuesta de fondo%' then 'answer'
            when subject like 'Archivo%' then 'archive'
            when subject like 'Re: Requerimiento%' then 'completion'
            when subject like 'Re: Respuesta%' then 'reopening'
            when subject like 'Re: %' then 'insistence'
            else 'request'
        end as kind
    from bronze
    qualify row_number() over (partition by message_id order by received_at) = 1
),
roots as (
    select radicado, any_value(parent) as root from facts where kind = 'acknowledgement' group by radicado
)
select
    facts.message_id, coalesce(facts.parent, roots.root, facts.message_id) as root, facts.kind, facts.direction,
    facts.received_at, facts.radicado,
    case when kind = 'acknowledgement' then regexp_extract(body, 'Tipo: (\w+)', 1) end as pqrs_type,
    case when kind = 'acknowledgement' then regexp_extract(body, 'Tema: (\w+)', 1) end as topic,
    case when kind = 'acknowledgement' then regexp_extract(body, 'Dependencia: (\d+)', 1) end as dependency,
    case when kind = 'request' then regexp_extract(body, 'Municipio: [^(]*\(([^)]*)\)', 1) end as department,
    case when kind = 'request' then md5(regexp_extract(body, 'C\.C\. (\d+)', 1)) end as citizen_key,
    case when kind = 'extension' then regexp_extract(body, 'Prórroga: (\d+)', 1)::int end as extension_days
from facts
left join roots on roots.radicado = facts.radicado and facts.parent is null and facts.kind <> 'request'
) to '{out}/emails.parquet' (format parquet);
create or replace view emails as from '{out}/emails.parquet';

create or replace table calendar as
select day::date as day, row_number() over (order by day) as ordinal
from range(date '2025-12-01', date '2030-12-31', interval 1 day) as days(day)
where dayofweek(day) between 1 and 5;

create or replace table tickets as
with folded as (
    select
        root, any_value(radicado) as radicado, any_value(pqrs_type) as pqrs_type, any_value(topic) as topic,
        any_value(dependency) as dependency, any_value(department) as department,
        any_value(citizen_key) as citizen_key, min(received_at) as opened_at,
        min(received_at) filter (where kind = 'answer') as answered_at,
        min(received_at) filter (where kind in ('answer', 'archive', 'transfer')) as closed_at,
        coalesce(sum(extension_days), 0) as extension_days, bool_or(kind = 'transfer') as is_transferred,
        min(received_at) filter (where kind = 'completion_request') as suspended_from,
        min(received_at) filter (where kind = 'completion') as suspended_to, count(*) as count_emails
    from emails
    group by root
    having bool_or(kind = 'request')
),
termed as (
    select
        *,
        case pqrs_type when 'PET_INF' then 10 when 'PET_DOC' then 10 when 'CONSULTA' then 30
            when 'FELICITACION' then null else 15 end as term_days,
        (opened_at - interval 5 hour)::date as opened_on
    from folded
),
received as (
    select termed.*, day as received_on, ordinal
    from termed asof join calendar on calendar.day >= termed.opened_on
)
select
    received.*, due.day as due_on, closed.ordinal - received.ordinal as business_days,
    closed.day > due.day or (closed.day is null and due.day <= date '{until}') as is_breached
from received
left join calendar as due on due.ordinal = received.ordinal + term_days + extension_days
asof left join calendar as closed on closed.day >= (received.closed_at - interval 5 hour)::date;
copy tickets to '{out}/tickets.parquet' (format parquet);

copy (select
    md5(message_id) as event_id, root, kind, received_at, direction,
    row_number() over (partition by root order by received_at, message_id) as seq
from emails where kind not in ('bounce', 'out_of_office')
) to '{out}/events.parquet' (format parquet);

copy (
    select pqrs_type, count(*) as received, count(*) filter (where is_breached) as breached,
        avg(business_days) as mean_days, quantile_disc(business_days, 0.9) as p90
    from tickets group by pqrs_type
) to '{out}/kpi_sla.parquet' (format parquet);
copy (select department, pqrs_type, count(*) as received from tickets group by all)
to '{out}/kpi_territory.parquet' (format parquet);
copy (select received_on, pqrs_type, count(*) as received from tickets group by all)
to '{out}/kpi_daily.parquet' (format parquet);
