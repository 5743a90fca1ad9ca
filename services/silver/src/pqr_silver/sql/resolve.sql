-- One row per orphan: an e-mail without References that states a radicado. The root is the thread for which that
-- radicado was told by the orphan's day, of late; failing that, the message it answers; failing that, unknown.
with wanted as (
    select distinct radicado, raw_day
    from orphans
),

threads as (
    select wanted.radicado, wanted.raw_day, min(radicados.root) as root
    from wanted
    inner join radicados
        on radicados.radicado = wanted.radicado
        and radicados.told_on between wanted.raw_day - $thread_days and wanted.raw_day
    group by wanted.radicado, wanted.raw_day
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
left join threads on threads.radicado = orphans.radicado and threads.raw_day = orphans.raw_day
