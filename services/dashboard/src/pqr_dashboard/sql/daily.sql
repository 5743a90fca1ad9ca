-- What happened on each day, and what was left at its end. Grain: day x type.
select *
from archive.kpi_daily
where run_id = %(run_id)s
order by day, pqrs_type
