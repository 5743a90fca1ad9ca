-- When requests arrive, in local time.
-- Grain: weekday (1 = Monday) x hour, all 168. Relations: arrivals (total), calendar, run.
--
-- per_day: requests in that hour on an average such weekday of the window.
with
weekdays as (
    select cast(range as smallint) as weekday
    from range(1, 8)
),
hours as (
    select cast(range as smallint) as hour
    from range(0, 24)
),
days as (
    select isodow(calendar.day) as weekday, count(*) as days
    from run
    join calendar on calendar.day between run.window_from and run.window_to
    group by isodow(calendar.day)
),
counts as (
    select weekday, hour, sum(tickets) as received
    from arrivals
    group by weekday, hour
)
select
    weekdays.weekday,
    hours.hour,
    coalesce(counts.received, 0) as received,
    coalesce(days.days, 0) as days,
    mean(coalesce(counts.received, 0), days.days) as per_day
from weekdays
cross join hours
left join days on days.weekday = weekdays.weekday
left join counts on counts.weekday = weekdays.weekday and counts.hour = hours.hour
order by weekdays.weekday, hours.hour
