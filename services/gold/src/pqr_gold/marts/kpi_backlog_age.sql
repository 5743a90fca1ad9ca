-- What waits for an answer at the end of the window, by how long it has waited since its legal reception.
-- Grain: pqrs_type x age band x is_overdue, every combination. Relations: backlog (total),
-- calendar, run, types.
with
bands as (
    select *
    from (values
        (1, '0-5', 0, 5),
        (2, '6-10', 6, 10),
        (3, '11-15', 11, 15),
        (4, '16-30', 16, 30),
        (5, '31-60', 31, 60),
        (6, '>60', 61, null)
    ) as band (age_band_order, age_band, days_from, days_to)
),
grid as (
    select *
    from types
    cross join bands
    cross join (values (false), (true)) as state (is_overdue)
),
ages as (
    select
        backlog.pqrs_type,
        backlog.falls_due_on is null as is_overdue,
        greatest(today.business_number - reception.business_number, 0) as business_days,
        backlog.tickets
    from run
    join calendar as today on today.day = run.window_to
    cross join backlog
    join calendar as reception on reception.day = backlog.received_on
    where backlog.lapses_on is not null
)
select
    grid.pqrs_type,
    cast(grid.age_band_order as smallint) as age_band_order,
    grid.age_band,
    grid.days_from,
    grid.days_to,
    grid.is_overdue,
    coalesce(sum(ages.tickets), 0) as tickets
from grid
left join ages
    on ages.pqrs_type = grid.pqrs_type
    and ages.is_overdue = grid.is_overdue
    and ages.business_days between grid.days_from and coalesce(grid.days_to, 2147483647)
group by all
order by pqrs_type, age_band_order, is_overdue
