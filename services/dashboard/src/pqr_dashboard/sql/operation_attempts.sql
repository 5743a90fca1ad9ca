-- Every try at every stage of a run, in the order they began. Grain: one row per attempt.
select stage, attempt, state, started_at, finished_at, seconds, host, error_type, error, tasks, tasks_reused, rows, bytes
from meta.attempts
where run_id = %(run_id)s
order by started_at, stage, attempt
