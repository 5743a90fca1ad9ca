-- What waits at the end of the window, by age. Grain: type x age band x overdue or not.
select *
from archive.kpi_backlog_age
where run_id = %(run_id)s
order by pqrs_type, age_band_order, is_overdue
