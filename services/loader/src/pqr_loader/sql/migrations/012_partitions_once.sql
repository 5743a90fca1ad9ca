-- A partition is written down once, however many runs consist of it; a dataset of a run lists its partitions by their ids.
-- So a run that adds a day to a year writes the partitions of a day. Safe to repeat.
set local role pqr_owner;

alter table meta.datasets add column if not exists partition_ids uuid[] not null default '{}';
comment on column meta.datasets.partition_ids is 'The rows of meta.partitions that the dataset consists of.';

do $body$
begin
    if not exists (
        select from pg_attribute where attrelid = 'meta.partitions'::regclass and attname = 'run_id' and not attisdropped
    ) then
        return;
    end if;
    alter table meta.partitions add column partition_id uuid;
    -- The loader names what it writes by another hash; a partition of before is written once more when it meets it.
    update meta.partitions
    set partition_id = md5(
        row(layer, dataset, key, path, rows, rejected, bytes, sha256, content_digest, min_at, max_at, sign)::text
    )::uuid;
    update meta.datasets
    set partition_ids = found.partition_ids
    from (
        select run_id, layer, dataset, array_agg(partition_id order by partition_id) as partition_ids
        from meta.partitions
        group by run_id, layer, dataset
    ) as found
    where (datasets.run_id, datasets.layer, datasets.dataset) = (found.run_id, found.layer, found.dataset);
    delete from meta.partitions
    using (
        select ctid as place, row_number() over (partition by partition_id) as copy from meta.partitions
    ) as numbered
    where partitions.ctid = numbered.place and numbered.copy > 1;
    -- With the column go the primary key and the reference that name it.
    alter table meta.partitions drop column run_id;
    alter table meta.partitions add primary key (partition_id);
end
$body$;
comment on table meta.partitions is
    'One row per object in the lake (or partition in Postgres, for the layer load) that a run consists of, named by a hash '
    'of the row; meta.run_partitions has them by run.';

create or replace view meta.run_partitions as
select
    datasets.run_id,
    partitions.layer,
    partitions.dataset,
    partitions.key,
    partitions.path,
    partitions.rows,
    partitions.rejected,
    partitions.bytes,
    partitions.sha256,
    partitions.content_digest,
    partitions.min_at,
    partitions.max_at,
    partitions.sign
from meta.datasets
cross join lateral unnest(datasets.partition_ids) as named (partition_id)
join meta.partitions on partitions.partition_id = named.partition_id;
comment on view meta.run_partitions is 'One row per run and object that the run consists of.';
grant select on meta.run_partitions to pqr_loader, pqr_dashboard, pqr_metabase;
