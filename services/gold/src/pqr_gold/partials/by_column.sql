-- Tickets by where they come from, or by what they are about.
-- Grain: {column} x pqrs_type x fate x outcome x falls_due_on. Relation: facts.
select
    {column},
    pqrs_type,
    fate,
    outcome,
    falls_due_on,
    count(*) as tickets,
    cast(coalesce(sum(business_days), 0) as bigint) as business_days
from facts
group by all
