-- Every try at every stage of a run, in the order they began. Grain: one row per attempt.
select *
from meta.attempts
where run_id = %(run_id)s
order by started_at, stage, attempt
