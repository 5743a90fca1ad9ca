-- Requests for access to information, as Decreto 103 de 2015 art. 52 asks. Grain: month x type.
select *
from archive.report_access_to_information
where run_id = %(run_id)s
order by month, pqrs_type
