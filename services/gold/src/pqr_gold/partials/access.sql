-- Requests for access to information (Ley 1712 de 2014), by the month they were received in.
-- Grain: month x pqrs_type x fate x is_access_denied x business_days. Relation: facts.
select
    cast(date_trunc('month', opened_on) as date) as month,
    pqrs_type,
    fate,
    is_access_denied,
    business_days,
    count(*) as tickets
from facts
where pqrs_type in ('PET_INF', 'PET_DOC')
group by all
