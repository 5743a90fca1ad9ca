-- Exercise 5. Grain: month x pqrs_type with at least one term that ended. Relation: tickets. Parameter: as_of.
select
    cast(date_trunc('month', effective_due_on) as date) as month,
    pqrs_type,
    count(*) as due,
    count(*) filter (where closed_at < due_at) as in_term,
    count(*) filter (where closed_at >= due_at) as late,
    count(*) filter (where closed_at is null) as open_overdue,
    round((late + open_overdue) / sum(due) over (partition by month), 4) as breach_rate
from tickets
where has_term and effective_due_on <= $as_of
group by month, pqrs_type
