-- How many business days answers took: a histogram to draw, and the source of percentiles.
-- Grain: pqrs_type x business_days with at least one ticket with a term that was closed in the window. Relation: outcomes (total).
--
-- late: those of them past their effective due date. cumulative_share: of the type, up to and including this day.
with
counts as (
    select
        pqrs_type,
        business_days,
        sum(tickets) as tickets,
        counted(tickets, outcome = 'late') as late
    from outcomes
    where closed_in_window and business_days is not null
    group by pqrs_type, business_days
)
select
    pqrs_type,
    business_days,
    tickets,
    late,
    share(
        sum(tickets) over (partition by pqrs_type order by business_days),
        sum(tickets) over (partition by pqrs_type)
    ) as cumulative_share
from counts
order by pqrs_type, business_days
