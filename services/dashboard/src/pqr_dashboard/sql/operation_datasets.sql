-- What a run made: each dataset, its size and what it is, as digests. Grain: one row per dataset of a layer.
select datasets.*, manifests.digest as manifest_digest
from meta.datasets
join meta.manifests using (run_id, layer)
where datasets.run_id = %(run_id)s
order by manifests.committed_at, datasets.layer, datasets.dataset
