-- Days that brought more requests than such days usually bring.
-- Grain: day, every day of the window. Relations: flow (total), calendar, run.
--
-- Such days: of the same kind, in the 112 days before. Kinds are what demand follows: the weekday, holidays, and business
-- days after a long weekend (what could not be asked then comes on them). A day of which there are fewer than three of a
-- kind before it has nothing to be compared with, and is no peak. So a day is judged by what came before it alone, alike
-- in every window that covers it.
-- expected: their lower median, which peaks in up to half of them do not move. dispersion: how far such days lie from
-- what is expected of them, squared and divided by it, half of them less and half more, as a share of what that is by
-- chance alone (Poisson: 0.455), and never below that. is_peak: at least 35 % above what is expected, and by more than
-- four times what dispersion makes usual, and by more still where such days were few. Chance seldom gives that: on less
-- than one day in a hundred, and than two while the inbox is younger than those 112 days.
with
days as (
    select
        calendar.day,
        calendar.is_business_day,
        case
            when calendar.is_after_long_weekend then 'after long weekend'
            when calendar.is_holiday then 'holiday'
            else 'weekday ' || isodow(calendar.day)
        end as kind
    from calendar
),
received as (
    select days.day, days.is_business_day, days.kind, coalesce(sum(flow.tickets), 0) as received
    from run
    join days on days.day between greatest(run.opens_on, run.window_from - 112) and run.window_to
    left join flow on flow.day = days.day and flow.step = 'received'
    group by days.day, days.is_business_day, days.kind
),
peers as (
    select
        own.day,
        own.kind = peer.kind as is_same_kind,
        peer.received,
        row_number() over alike as rank,
        count(*) over (partition by own.day, peer.kind) as peers,
        peer.kind
    from received as own
    join run on own.day >= run.window_from
    join received as peer on peer.is_business_day = own.is_business_day and peer.day between own.day - 112 and own.day - 1
    window alike as (partition by own.day, peer.kind order by peer.received, peer.day)
),
medians as (
    select day, kind, is_same_kind, peers, received as expected
    from peers
    where rank = (peers + 1) // 2 and peers >= 3
),
spreads as (
    select
        peers.day,
        cast(
            1000 * (peers.received - medians.expected) * (peers.received - medians.expected) * medians.peers
            // ((medians.peers - 1) * greatest(medians.expected, 1)) as bigint
        ) as spread
    from peers
    join medians using (day, kind)
),
dispersions as (
    select day, greatest(1000, quantile_disc(spread, 0.5) * 1000 // 455) as dispersion
    from spreads
    group by day
),
judged as (
    select received.day, received.received, medians.expected, medians.peers, dispersions.dispersion
    from received
    join run on received.day >= run.window_from
    left join medians on medians.day = received.day and medians.is_same_kind
    left join dispersions on dispersions.day = received.day and medians.expected is not null
)
select
    day,
    received,
    expected,
    share(received, expected) as ratio,
    share(dispersion, 1000) as dispersion,
    coalesce(
        100 * received >= 135 * expected
        and 1000 * (peers - 1) * (received - expected) * (received - expected) > 16 * (peers + 1) * dispersion * greatest(expected, 1),
        false
    ) as is_peak
from judged
order by day
