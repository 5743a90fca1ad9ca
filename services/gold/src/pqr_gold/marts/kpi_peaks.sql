-- Days that brought more requests than such days usually bring.
-- Grain: day, every day of the window. Relations: flow (total), calendar, run.
--
-- Such days: of the same kind, at most 42 days away. A weekday is a kind; so are Saturdays, Sundays and holidays, and
-- business days right after a holiday. Where there are fewer than three of a kind, all business days, or all others.
-- expected: their lower median, which peaks in up to half of them do not move. is_peak: at least 35 % above it, and by
-- more than three times its square root, which chance alone seldom gives (Poisson).
with
days as (
    select
        calendar.day,
        calendar.is_business_day,
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
    select days.day, days.is_business_day, days.kind, coalesce(sum(flow.tickets), 0) as received
    from run
    join days on days.day between run.window_from and run.window_to
    left join flow on flow.day = days.day and flow.step = 'received'
    group by days.day, days.is_business_day, days.kind
),
pairs as (
    select own.day, own.kind = peer.kind as is_same_kind, peer.day as peer_day, peer.received
    from received as own
    join received as peer
        on peer.is_business_day = own.is_business_day
        and peer.day between own.day - 42 and own.day + 42
),
peers as (
    select *
    from pairs
    qualify is_same_kind or count(*) filter (where is_same_kind) over (partition by day) < 3
),
ranked as (
    select
        day,
        received,
        row_number() over (partition by day order by received, peer_day) as rank,
        count(*) over (partition by day) as peers
    from peers
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
