-- What waits for an answer at the end of the window, by how long it has waited since its legal reception.
-- Grain: pqrs_type x age band x is_overdue, every combination. Relations: backlog_age (partial), types.
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
)
select
    grid.pqrs_type,
    cast(grid.age_band_order as smallint) as age_band_order,
    grid.age_band,
    grid.days_from,
    grid.days_to,
    grid.is_overdue,
    coalesce(sum(backlog_age.tickets), 0) as tickets
from grid
left join backlog_age
    on backlog_age.pqrs_type = grid.pqrs_type
    and backlog_age.is_overdue = grid.is_overdue
    and backlog_age.age_business_days between grid.days_from and coalesce(grid.days_to, 2147483647)
group by all
order by pqrs_type, age_band_order, is_overdue
