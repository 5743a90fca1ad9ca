-- How many business days answers took. Grain: type x business days.
select *
from archive.kpi_response_time
where run_id = %(run_id)s
order by pqrs_type, business_days
