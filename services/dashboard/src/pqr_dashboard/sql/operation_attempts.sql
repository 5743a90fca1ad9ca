-- Every try at every stage of a run, in the order they began. Grain: one row per attempt.
--
-- is_again: the stage had been completed before, as when the run is published once more.
select
    *,
    coalesce(
        attempt > min(attempt) filter (where state = 'completed') over (partition by stage), false
    ) as is_again
from meta.attempts
where run_id = %(run_id)s
order by started_at, stage, attempt
