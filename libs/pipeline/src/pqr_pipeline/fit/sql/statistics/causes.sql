-- What follows from what. Weeks are weighed by what fell due in them, and held to the mean of their own desk, so that
-- a desk that is always late and always loaded proves nothing.
with
own as (
    select
        *,
        load - sum(load * due) over by_desk / sum(due) over by_desk as load_off,
        late - sum(late * due) over by_desk / sum(due) over by_desk as late_off
    from weeks
    window by_desk as (partition by desk)
),
surges as (  -- what came to a desk in the six weeks after a surge, and at calm times, eight weeks and more after one
    select
        desk, sum(due) filter (where since_surge between 1 and 6) as weight,
        sum(breached) filter (where since_surge between 1 and 6) / weight as after,
        sum(breached) filter (where is_calm) / sum(due) filter (where is_calm) as before
    from (select *, coalesce(since_surge, 9) > 8 as is_calm from weeks)
    group by desk
),
urgency as (
    select
        pqrs_type, sum(n_tickets) filter (where is_urgent) as urgent,
        sum(business_days * n_tickets) filter (where is_urgent) / sum(n_tickets) filter (where is_urgent) as fast,
        sum(business_days * n_tickets) filter (where not is_urgent) / sum(n_tickets) filter (where not is_urgent) as usual
    from answers
    group by pqrs_type
),
overall as (select sum(breached) / sum(due) as rate, count(*) - 1 as df from desks),
square as (
    select sum(pow(breached - due * rate, 2) / nullif(due * rate * (1 - rate), 0)) as chi2, any_value(df) as df
    from desks, overall
)
select 'load_lateness' as name,
    sum(due * load_off * late_off) / nullif(sqrt(sum(due * pow(load_off, 2)) * sum(due * pow(late_off, 2))), 0) as value
from own
union all select 'surge_lateness',
    sum(weight * (after - before)) / nullif(sum(weight) filter (where after - before is not null), 0)
from surges
union all select 'priority', sum(urgent * fast) / nullif(sum(urgent * usual) filter (where fast is not null), 0) from urgency
union all  -- against the value that chance exceeds once in a thousand (Wilson and Hilferty's approximation)
select 'desks_differ', chi2 / (df * pow(1 - 2 / (9.0 * df) + 3.0902 * sqrt(2 / (9.0 * df)), 3)) from square where df > 0
