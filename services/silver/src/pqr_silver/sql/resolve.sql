-- One row per orphan: an e-mail without References that states a radicado. The root is the thread in which that
-- radicado was given out; failing that, the message it answers; failing that, unknown.
with threads as (
    select radicado, min(root) as root
    from radicados
    where radicado in (select radicado from orphans)
    group by radicado
)

select
    orphans.* replace (
        coalesce(threads.root, orphans.root) as root,
        case
            when threads.root is null and orphans.root is not null then 'in_reply_to'
            else 'radicado'
        end as thread_rule
    )
from orphans
left join threads on threads.radicado = orphans.radicado
