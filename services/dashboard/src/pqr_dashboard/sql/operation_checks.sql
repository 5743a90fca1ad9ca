-- The quality checks of the last attempt at each stage of a run, failed ones first. Grain: one row per check.
with
latest as (
    select run_id, stage, max(attempt) as attempt
    from meta.quality_checks
    where run_id = %(run_id)s
    group by run_id, stage
)
select stage, name, dimension, status, severity, observed, expected
from meta.quality_checks
join latest using (run_id, stage, attempt)
order by status, stage, position
