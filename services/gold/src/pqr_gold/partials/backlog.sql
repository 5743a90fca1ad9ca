-- What waits for an answer, and since when.
-- Grain: pqrs_type x received_on x falls_due_on (null: overdue) x lapses_on (null: it waits no more). Relation: facts.
select pqrs_type, received_on, falls_due_on, lapses_on, count(*) as tickets
from facts
where fate = 'open' and is_counted
group by all
