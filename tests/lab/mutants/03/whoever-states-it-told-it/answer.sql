-- Exercise 3. Grain: one row per message. Relation: emails.
with read as (
    select
        *,
        nullif(split_part("references", ' ', 1), '') as first_reference,
        nullif(regexp_extract(subject, '\[Radicado (\d{14})\]', 1), '') as radicado
    from emails
),

told as (
    select radicado, min(message_id) as root
    from read
    where radicado is not null
    group by radicado
)

select
    message_id,
    coalesce(first_reference, told.root, in_reply_to, message_id) as root
from read
left join told using (radicado)
