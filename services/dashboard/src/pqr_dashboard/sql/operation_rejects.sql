-- Lines a layer of a run rejected, by rule, beside the lines it was given. Grain: one row per layer and rule.
with
given as (
    select lineage.run_id, lineage.layer, sum(inputs.rows) as lines
    from meta.lineage
    join meta.datasets as inputs
        on inputs.run_id = lineage.run_id
        and inputs.layer = lineage.input_layer
        and inputs.dataset = lineage.input_dataset
    where lineage.run_id = %(run_id)s and lineage.dataset = 'rejects'
    group by lineage.run_id, lineage.layer
)
select rejects.layer, rejects.rule, rejects.rejected, given.lines
from meta.rejects
join given using (run_id, layer)
order by rejects.layer, rejects.rejected desc, rejects.rule
