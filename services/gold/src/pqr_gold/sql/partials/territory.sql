-- Tickets by where they come from.
-- Grain: department x pqrs_type x fate x outcome. Relation: facts.
select
    department,
    pqrs_type,
    fate,
    outcome,
    count(*) as tickets,
    cast(coalesce(sum(business_days), 0) as bigint) as business_days
from facts
group by all
