-- What waits for an answer in the published run, and how its terms were kept. Grain: pqrs_type, and 'all' over them.
--
-- Counts of gold.kpi_daily, added up and not derived again: backlog and overdue of its last day, due and breached of
-- the whole window. published_at is the same in every row; no row when nothing is published.
with
newest as (
    select max(day) as day
    from gold.kpi_daily
)
select
    coalesce(pqrs_type, 'all') as pqrs_type,
    (sum(backlog) filter (where kpi_daily.day = newest.day))::bigint as open,
    (sum(overdue) filter (where kpi_daily.day = newest.day))::bigint as overdue,
    sum(due)::bigint as due,
    sum(breached)::bigint as breached,
    extract(epoch from min(published_at))::double precision as published_at
from gold.kpi_daily
cross join newest
cross join meta.published
group by grouping sets ((pqrs_type), ())
having count(*) > 0
order by grouping(pqrs_type) desc, pqrs_type
