-- The runs whose figures can be shown, the published one first, then the newest.
-- Grain: one row per run of the archive. `stamp` changes when the figures of the run may have.
select
    runs.*,
    published.run_id is not null as is_published,
    coalesce(published.published_at, runs.finished_at, runs.as_of)::text as stamp
from archive.kpi_executive
join meta.runs using (run_id)
left join meta.published on published.run_id = runs.run_id
order by is_published desc, runs.window_to desc, runs.started_at desc nulls last, runs.run_id
