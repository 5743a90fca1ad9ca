-- Tickets by what they are about.
-- Grain: topic x pqrs_type x fate x outcome. Relation: facts.
select
    topic,
    pqrs_type,
    fate,
    outcome,
    count(*) as tickets,
    cast(coalesce(sum(business_days), 0) as bigint) as business_days
from facts
group by all
