-- Exercise 6. Grain: month x pqrs_type x business_days, of one part. Relation: tickets.
select
    month,
    pqrs_type,
    business_days,
    count(*) as closed
from tickets
group by month, pqrs_type, business_days
