-- Days that brought more requests than such days usually bring.
-- Grain: day, every day of the window. Relations: flow (partial), calendar, run.
--
-- Such days: the same weekday; Saturdays, Sundays and holidays, and business days right after a holiday are kinds of
-- their own. Usually: the lower median of the days of the same kind at most 42 days away, which peaks of up to
-- half of them do not move. is_peak: at least 35 % above it, and by more than three times its square root, which
-- chance alone seldom gives (Poisson). A kind with a single day has nothing to compare with and is never a peak.
with
days as (
    select
        calendar.day,
        case
            when calendar.is_business_day and lag(calendar.is_holiday) over by_day then 'after holiday'
            when calendar.is_business_day then 'weekday ' || isodow(calendar.day)
            when isodow(calendar.day) = 6 then 'saturday'
            else 'sunday or holiday'
        end as kind
    from calendar
    window by_day as (order by calendar.day)
),
received as (
    select days.day, days.kind, coalesce(sum(flow.tickets), 0) as received
    from run
    join days on days.day between run.window_from and run.window_to
    left join flow on flow.day = days.day and flow.step = 'received'
    group by days.day, days.kind
),
ranked as (
    select
        own.day,
        peer.received,
        row_number() over (partition by own.day order by peer.received, peer.day) as rank,
        count(*) over (partition by own.day) as peers
    from received as own
    join received as peer
        on peer.kind = own.kind
        and peer.day between own.day - 42 and own.day + 42
),
expectations as (
    select day, received as expected
    from ranked
    where rank = (peers + 1) // 2
)
select
    day,
    received,
    expected,
    share(received, expected) as ratio,
    100 * received >= 135 * expected
        and (received - expected) * (received - expected) > 9 * greatest(expected, 1) as is_peak
from received
join expectations using (day)
order by day
