-- What happened on each day, and what was left at its end.
-- Grain: day x pqrs_type, for every day of the window and every type. Relations: flow (total), calendar, run, types.
--
-- breached and due count on the last day of the term. backlog: opened on or before the day and not answered,
-- archived or transferred by its end, nor lapsed: nobody had answered it when its thread ended. overdue: the part of it
-- whose term had run out by then. So both are summed from the first thread that was open when the window began.
-- Invariant: backlog = backlog of the day before + received - answered - archived - transferred - lapsed, for types with
-- a term.
with
grid as (
    select calendar.day, types.pqrs_type
    from run
    join calendar on calendar.day between (select least(min(day), window_from) from flow) and run.window_to
    cross join types
),
steps as (
    select
        day,
        pqrs_type,
        sum(tickets) filter (where step = 'received') as received,
        sum(tickets) filter (where step = 'entered') as entered,
        sum(tickets) filter (where step = 'answered') as answered,
        sum(tickets) filter (where step = 'archived') as archived,
        sum(tickets) filter (where step = 'transferred') as transferred,
        sum(tickets) filter (where step = 'lapsed') as lapsed,
        sum(tickets) filter (where step = 'late') as late,
        sum(tickets) filter (where step = 'due') as due,
        sum(tickets) filter (where step = 'breached') as breached
    from flow
    group by day, pqrs_type
),
filled as (
    select
        grid.day,
        grid.pqrs_type,
        coalesce(received, 0) as received,
        coalesce(entered, 0) as entered,
        coalesce(answered, 0) as answered,
        coalesce(archived, 0) as archived,
        coalesce(transferred, 0) as transferred,
        coalesce(lapsed, 0) as lapsed,
        coalesce(late, 0) as late,
        coalesce(due, 0) as due,
        coalesce(breached, 0) as breached
    from grid
    left join steps using (day, pqrs_type)
)
select
    day,
    pqrs_type,
    received,
    answered,
    archived,
    transferred,
    lapsed,
    due,
    breached,
    sum(entered - answered - archived - transferred - lapsed) over so_far as backlog,
    sum(breached - late - lapsed) over so_far as overdue
from filled
window so_far as (partition by pqrs_type order by day)
qualify day >= (select window_from from run)
order by day, pqrs_type
