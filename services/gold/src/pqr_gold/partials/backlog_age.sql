-- What waits for an answer at the end of the window, and for how long.
-- Grain: pqrs_type x age in business days x is_overdue. Relation: facts.
select
    pqrs_type,
    age_business_days,
    outcome = 'open_overdue' as is_overdue,
    count(*) as tickets
from facts
where fate = 'open'
group by all
