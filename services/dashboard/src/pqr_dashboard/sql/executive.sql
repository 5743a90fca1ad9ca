-- The headline figures. Grain: the run.
select *
from archive.kpi_executive
where run_id = %(run_id)s
order by window_from
