-- Tickets with a term, by the month their term ends in, how they stand and how long the answer took.
-- Grain: due_month x pqrs_type x outcome x falls_due_on x business_days (null while open). Relation: facts.
select
    cast(date_trunc('month', effective_due_on) as date) as due_month,
    pqrs_type,
    outcome,
    falls_due_on,
    business_days,
    count(*) as tickets
from facts
where outcome <> 'outside'
group by all
