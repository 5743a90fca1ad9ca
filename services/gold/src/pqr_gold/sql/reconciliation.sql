-- Figures that several marts tell, side by side: each pair must be equal.
-- Grain: one row per equation (name, observed, expected). Relations: all marts, flow (total), tickets (their number
-- in silver).
with
read as (select sum(tickets) as received from flow where step = 'received'),
daily as (
    select
        sum(received) as received,
        sum(answered) as answered,
        sum(archived) as archived,
        sum(transferred) as transferred,
        sum(lapsed) as lapsed,
        sum(due) as due,
        sum(breached) as breached,
        sum(backlog) filter (where day = last_day) as backlog,
        sum(overdue) filter (where day = last_day) as overdue
    from (select *, max(day) over () as last_day from kpi_daily)
),
sla as (
    select sum(due) as due, sum(in_term) as in_term, sum(late) as late, sum(open_overdue) as unanswered
    from kpi_sla
),
ages as (
    select sum(tickets) as open, sum(tickets) filter (where is_overdue) as overdue
    from kpi_backlog_age
),
territory as (
    select
        sum(received) as received,
        sum(due) as due,
        sum(breached) as breached,
        sum(open) as open,
        sum(closed_with_term) as closed
    from kpi_territory
),
topic as (
    select sum(received) as received, sum(due) as due, sum(breached) as breached
    from kpi_topic
),
arrivals as (select sum(received) as received from kpi_arrivals),
peaks as (select sum(received) as received from kpi_peaks),
response as (select sum(tickets) as closed from kpi_response_time),
cohorts as (
    select
        sum(tickets) filter (where opened_on >= window_from) as received,
        sum(tickets) filter (where fate = 'open') as open_or_lapsed,
        sum(tickets) filter (where effective_due_on between window_from and window_to) as due,
        sum(kpi_cohorts.late) filter (where effective_due_on >= window_from) as late,
        sum(tickets) filter (
            where effective_due_on between window_from and window_to and closed_on is null
        ) as unanswered
    from kpi_cohorts, kpi_executive
),
access as (select sum(received) as received from report_access_to_information),
access_daily as (select sum(received) as received from kpi_daily where pqrs_type in ('PET_INF', 'PET_DOC')),
equations as (
    select unnest([
        row('received_total_flow_is_silver_tickets', read.received, tickets.tickets),
        row('received_kpi_daily_is_kpi_executive', daily.received, executive.received),
        row('received_kpi_territory_is_kpi_executive', territory.received, executive.received),
        row('received_kpi_topic_is_kpi_executive', topic.received, executive.received),
        row('received_kpi_arrivals_is_kpi_executive', arrivals.received, executive.received),
        row('received_kpi_peaks_is_kpi_executive', peaks.received, executive.received),
        row('received_report_access_to_information_is_kpi_daily', access.received, access_daily.received),
        row('answered_kpi_daily_is_kpi_executive', daily.answered, executive.answered),
        row('archived_kpi_daily_is_kpi_executive', daily.archived, executive.archived),
        row('transferred_kpi_daily_is_kpi_executive', daily.transferred, executive.transferred),
        row('lapsed_kpi_daily_is_kpi_executive', daily.lapsed, executive.lapsed),
        row('open_kpi_territory_is_kpi_executive', territory.open, executive.open),
        row('due_kpi_daily_is_kpi_executive', daily.due, executive.due),
        row('due_kpi_sla_is_kpi_executive', sla.due, executive.due),
        row('due_kpi_territory_is_kpi_executive', territory.due, executive.due),
        row('due_kpi_topic_is_kpi_executive', topic.due, executive.due),
        row('in_term_kpi_sla_is_kpi_executive', sla.in_term, executive.in_term),
        row('late_kpi_sla_is_kpi_executive', sla.late, executive.late),
        row('breached_kpi_daily_is_kpi_executive', daily.breached, executive.breached),
        row('breached_kpi_territory_is_kpi_executive', territory.breached, executive.breached),
        row('breached_kpi_topic_is_kpi_executive', topic.breached, executive.breached),
        row('open_kpi_daily_backlog_is_kpi_executive', daily.backlog, executive.open),
        row('open_kpi_backlog_age_is_kpi_executive', ages.open, executive.open),
        row('overdue_kpi_daily_is_kpi_executive', daily.overdue, executive.overdue),
        row('unanswered_kpi_sla_is_kpi_executive', sla.unanswered, executive.unanswered),
        row('overdue_kpi_backlog_age_is_kpi_executive', ages.overdue, executive.overdue),
        row('received_kpi_cohorts_is_kpi_executive', cohorts.received, executive.received),
        row('open_kpi_cohorts_is_kpi_executive', cohorts.open_or_lapsed, executive.open + executive.lapsed),
        row('due_kpi_cohorts_is_kpi_executive', cohorts.due, executive.due),
        row('late_kpi_cohorts_is_kpi_executive', cohorts.late, executive.late),
        row('unanswered_kpi_cohorts_is_kpi_executive', cohorts.unanswered, executive.unanswered),
        row('closed_kpi_response_time_is_kpi_territory', response.closed, territory.closed)
    ]) as equation
    from kpi_executive as executive, tickets, read, daily, sla, ages, territory, topic, arrivals, peaks, response, cohorts,
        access, access_daily
)
select
    equation[1] as name,
    cast(coalesce(equation[2], 0) as bigint) as observed,
    cast(coalesce(equation[3], 0) as bigint) as expected
from equations
