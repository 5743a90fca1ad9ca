-- Requests for access to information (Ley 1712 de 2014) that came in the window, by the month they were received in.
-- Grain: month x pqrs_type x fate x is_access_denied x business_days x waits_since. Relation: facts.
--
-- waits_since: the legal reception of what is open; null for the rest.
select
    cast(date_trunc('month', opened_on) as date) as month,
    pqrs_type,
    fate,
    is_access_denied,
    business_days,
    case when fate = 'open' then received_on end as waits_since,
    lapses_on,
    count(*) as tickets
from facts
where came_in_window and pqrs_type in ('PET_INF', 'PET_DOC')
group by all
