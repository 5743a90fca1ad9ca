-- What requests are about and how they fare. Grain: topic x type.
select *
from archive.kpi_topic
where run_id = %(run_id)s
order by topic, pqrs_type
