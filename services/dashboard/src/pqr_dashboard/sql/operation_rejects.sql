-- Lines a layer of a run rejected, by rule, beside the lines it was given. Grain: one row a layer and rule.
with
given as (
    select run_id, layer, sum(rows) as lines
    from meta.datasets
    where run_id = %(run_id)s and dataset in ('emails', 'rejects') and layer in ('bronze', 'silver')
    group by run_id, layer
)
select rejects.layer, rejects.rule, rejects.rejected, given.lines
from meta.rejects
join given using (run_id, layer)
order by rejects.layer, rejects.rejected desc, rejects.rule
