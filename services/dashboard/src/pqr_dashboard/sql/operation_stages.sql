-- The stages of a run, in the order of its pipeline. Grain: one row per stage.
select stage, layer
from meta.stages
where run_id = %(run_id)s
order by position
