-- The run that core and gold show. Grain: at most one row.
select run_id, as_of_day, silver_digest, gold_digest
from meta.published
