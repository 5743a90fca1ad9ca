-- What each dataset of a run was made from. Grain: one row per edge.
select layer, dataset, input_layer, input_dataset
from meta.lineage
where run_id = %(run_id)s
order by layer, dataset, input_layer, input_dataset
