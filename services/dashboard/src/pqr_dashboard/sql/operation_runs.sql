-- Every run there ever was, failed ones too, newest first. Grain: one row per run.
--
-- seconds, rows, bytes: the work of its attempts, added up. An attempt at a stage that had been completed before is none
-- of it: publishing a run again makes nothing.
with
attempts as (
    select
        *,
        min(attempt) filter (where state = 'completed') over (partition by run_id, stage) as completed_by
    from meta.attempts
),
work as (
    select run_id, sum(seconds) as seconds, sum(rows) as rows, sum(bytes) as bytes
    from attempts
    where completed_by is null or attempt <= completed_by
    group by run_id
)
select
    runs.*,
    work.seconds,
    work.rows,
    work.bytes,
    published.run_id is not null as is_published
from meta.runs
left join work using (run_id)
left join meta.published on published.run_id = runs.run_id
order by runs.started_at desc nulls last, runs.run_id
