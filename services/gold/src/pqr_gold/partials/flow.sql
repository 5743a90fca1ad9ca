-- Steps of tickets by the day they happened on, in the window and in the days read before it.
-- Grain: day x pqrs_type x step. Relation: facts.
--
-- received, of every ticket; of those that may matter in the window: answered, archived, transferred; entered (received
-- and needing an answer: what backlog counts in); lapsed on the last day on which the thread of an open ticket takes mail
-- (what backlog and overdue count out), due and breached on the last day of the term, all of which may be ahead; late (a
-- breached ticket closed: what overdue counts out)
with
alike as materialized (
    select
        opened_on, closed_on, effective_due_on, thread_ends_on, pqrs_type, fate, outcome, is_counted, count(*) as tickets
    from facts
    group by all
),
counted as (
    select *
    from alike
    where is_counted
),
steps as (
    select opened_on as day, pqrs_type, 'received' as step, tickets from alike
    union all
    select opened_on, pqrs_type, 'entered', tickets from counted where fate <> 'no_term'
    union all
    select closed_on, pqrs_type, fate, tickets from counted where fate in ('answered', 'archived', 'transferred')
    union all
    select thread_ends_on, pqrs_type, 'lapsed', tickets from counted where fate = 'open'
    union all
    select closed_on, pqrs_type, 'late', tickets from counted where outcome = 'late'
    union all
    select effective_due_on, pqrs_type, 'due', tickets from counted where outcome <> 'outside'
    union all
    select effective_due_on, pqrs_type, 'breached', tickets from counted where outcome in ('late', 'open')
)
select day, pqrs_type, step, cast(sum(tickets) as bigint) as tickets
from steps
group by day, pqrs_type, step
