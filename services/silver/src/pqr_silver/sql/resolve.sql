-- One row per orphan: an e-mail without References that states a radicado or what it answers. The root is the thread for
-- which that name was told by the orphan's day, of late; failing that, the message it answers; failing that, unknown.
with named as (
    select
        *,
        coalesce(radicado, root) as name
    from orphans
),

wanted as (
    select distinct name, raw_day
    from named
),

threads as (
    select wanted.name, wanted.raw_day, min(names.root) as root
    from wanted
    inner join names
        on names.name = wanted.name
        and names.told_on between wanted.raw_day - $thread_days and wanted.raw_day
    group by wanted.name, wanted.raw_day
)

select
    named.* replace (
        coalesce(threads.root, named.root) as root,
        case
            when threads.root is null and named.root is not null then 'in_reply_to'
            else named.thread_rule
        end as thread_rule
    )
from named
left join threads on threads.name = named.name and threads.raw_day = named.raw_day
