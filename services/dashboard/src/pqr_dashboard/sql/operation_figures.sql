-- The headline figures of a run, if it was ever shown. Grain: at most one row.
select *
from archive.kpi_executive
where run_id = %(run_id)s
order by window_from
