-- Steps of tickets by the day they happened on.
-- Grain: day x pqrs_type x step. Relation: facts.
--
-- received, answered, archived, transferred; entered (received and needing an answer: what backlog counts in);
-- due and breached on the last day of the term; late (a breached ticket closed: what overdue counts out)
with
steps as (
    select opened_on as day, pqrs_type, 'received' as step from facts
    union all
    select opened_on, pqrs_type, 'entered' from facts where fate <> 'no_term'
    union all
    select closed_on, pqrs_type, fate from facts where fate in ('answered', 'archived', 'transferred')
    union all
    select closed_on, pqrs_type, 'late' from facts where outcome = 'late'
    union all
    select effective_due_on, pqrs_type, 'due' from facts where outcome in ('in_term', 'late', 'open_overdue')
    union all
    select effective_due_on, pqrs_type, 'breached' from facts where outcome in ('late', 'open_overdue')
)
select day, pqrs_type, step, count(*) as tickets
from steps
group by day, pqrs_type, step
