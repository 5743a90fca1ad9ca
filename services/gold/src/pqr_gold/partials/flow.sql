-- Steps of tickets by the day they happened on.
-- Grain: day x pqrs_type x step. Relation: facts.
--
-- received, answered, archived, transferred; entered (received and needing an answer: what backlog counts in);
-- due and breached on the last day of the term, which may be ahead; late (a breached ticket closed: what overdue counts
-- out)
with
alike as materialized (
    select opened_on, closed_on, effective_due_on, pqrs_type, fate, outcome, count(*) as tickets
    from facts
    group by all
),
steps as (
    select opened_on as day, pqrs_type, 'received' as step, tickets from alike
    union all
    select opened_on, pqrs_type, 'entered', tickets from alike where fate <> 'no_term'
    union all
    select closed_on, pqrs_type, fate, tickets from alike where fate in ('answered', 'archived', 'transferred')
    union all
    select closed_on, pqrs_type, 'late', tickets from alike where outcome = 'late'
    union all
    select effective_due_on, pqrs_type, 'due', tickets from alike where outcome <> 'outside'
    union all
    select effective_due_on, pqrs_type, 'breached', tickets from alike where outcome in ('late', 'open')
)
select day, pqrs_type, step, cast(sum(tickets) as bigint) as tickets
from steps
group by day, pqrs_type, step
