-- The raw objects of a run, in the order of their days. Grain: one row per object in the lake.
select path, rows, bytes, sha256, min_at, max_at
from meta.run_partitions
where run_id = %(run_id)s and layer = 'raw' and dataset = 'emails'
order by key
