-- How terms were kept, by the month they ended in. Grain: month x type with a ticket due.
select *
from archive.kpi_sla
where run_id = %(run_id)s
order by month, pqrs_type
