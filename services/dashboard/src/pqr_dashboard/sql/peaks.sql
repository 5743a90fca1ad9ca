-- Days that brought more than such days usually bring. Grain: day.
select *
from archive.kpi_peaks
where run_id = %(run_id)s
order by day
