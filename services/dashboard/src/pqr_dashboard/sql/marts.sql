-- The marts a run made, also those that came out empty. Grain: one row per mart.
select dataset
from meta.datasets
where run_id = %(run_id)s and layer = 'gold'
