-- The partitions of a dataset that the published run was loaded from. Grain: one row per partition.
-- Parameters: layer, dataset. columns: those of the dataset, the same in every row, as JSON.
select
    partitions.key,
    partitions.path,
    partitions.rows,
    partitions.bytes,
    partitions.sha256,
    partitions.content_digest,
    partitions.sign,
    datasets.columns::text as columns
from meta.published
join meta.run_partitions as partitions
    on partitions.run_id = published.run_id
    and partitions.layer = $1
    and partitions.dataset = $2
join meta.datasets
    on datasets.run_id = partitions.run_id
    and datasets.layer = partitions.layer
    and datasets.dataset = partitions.dataset
order by partitions.key, partitions.sign
