-- What waits for an answer, and since when.
-- Grain: pqrs_type x received_on x falls_due_on (null: overdue). Relation: facts.
select pqrs_type, received_on, falls_due_on, count(*) as tickets
from facts
where fate = 'open'
group by all
