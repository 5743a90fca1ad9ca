-- Where requests come from and how they fare. Grain: department x type.
select *
from archive.kpi_territory
where run_id = %(run_id)s
order by department, pqrs_type
