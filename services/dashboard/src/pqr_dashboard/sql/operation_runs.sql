-- Every run there ever was, failed ones too, newest first. Grain: one row per run.
select
    runs.*,
    extract(epoch from runs.finished_at - runs.started_at) as seconds,
    published.run_id is not null as is_published
from meta.runs
left join meta.published on published.run_id = runs.run_id
order by runs.started_at desc nulls last, runs.run_id
