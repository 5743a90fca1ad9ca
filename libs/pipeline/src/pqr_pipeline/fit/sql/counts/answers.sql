-- What was answered in the window, by how long it took. Not what came in it: of that the slowest are still open.
select pqrs_type, is_urgent, cast(business_days as integer) as business_days, count(*) as n_tickets
from facts
where is_closed_here and has_term and not is_archived and business_days is not null
group by all
