-- The operational model: tickets and their events, the terms and the calendar they are measured with. Safe to repeat.
--
-- tickets and ticket_events are partitioned by `part`, the number of the silver partition a row came from: a partition
-- is filled in staging, read back, and attached whole. Nothing inserts into them row by row. Both belong to the loader,
-- not to the owner like all else, because only a table's owner may ATTACH and drop its partitions.
set local role pqr_loader;

create table if not exists core.tickets (
    ticket_id text collate "C" not null,
    root_message_id text collate "C" not null,
    radicado text collate "C",
    pqrs_type text not null,
    topic text,
    department text,
    municipality text,
    dependency text,
    priority text,
    citizen_key text collate "C" not null,
    status text not null,
    opened_at timestamptz not null,
    received_on date not null,
    term_days smallint,
    due_on date,
    effective_due_on date,
    extension_days smallint not null,
    suspended_days smallint not null,
    acknowledged_at timestamptz,
    first_response_at timestamptz,
    answered_at timestamptz,
    closed_at timestamptz,
    answered_on date,
    closed_on date,
    business_days integer,
    has_term boolean not null,
    is_due boolean not null,
    is_breached boolean not null,
    is_overdue boolean not null,
    is_extended boolean not null,
    is_suspended boolean not null,
    is_transferred boolean not null,
    is_access_denied boolean not null,
    is_reopened boolean not null,
    is_archived boolean not null,
    count_emails integer not null,
    count_insistences integer not null,
    raw_day date not null,
    raw_part integer not null,
    raw_line integer not null,
    part smallint not null,
    primary key (ticket_id, part)
) partition by list (part);
comment on table core.tickets is
    'One row a thread = one PQRS, as the published run has it. raw_*: the object and line its request came from.';

create table if not exists core.ticket_events (
    event_id text collate "C" not null,
    ticket_id text collate "C" not null,
    seq integer not null,
    event_type text not null,
    occurred_at timestamptz not null,
    actor text not null,
    message_id text collate "C" not null,
    from_status text,
    to_status text not null,
    is_effective boolean not null,
    pqrs_type text,
    extension_days smallint,
    part smallint not null,
    primary key (ticket_id, seq, part)
) partition by list (part);
comment on table core.ticket_events is 'One row a step in the life of a ticket; tickets are a fold of them.';

-- A radicado is looked up whole or by its beginning; lists are by type and time; the open ones are few.
create index if not exists tickets_radicado on core.tickets (radicado);
create index if not exists tickets_type_received on core.tickets (pqrs_type, received_on);
create index if not exists tickets_opened on core.tickets (opened_at);
create index if not exists tickets_open on core.tickets (effective_due_on) where closed_on is null;

grant select on core.tickets, core.ticket_events to pqr_owner, pqr_dashboard, pqr_metabase;

set local role pqr_owner;

create table if not exists core.sla_policies (
    pqrs_type text not null,
    name text not null,
    term_days smallint,
    unit text not null,
    max_extension_days smallint not null,
    silence_effect text not null,
    valid_from date not null,
    valid_to date,
    legal_basis text not null,
    primary key (pqrs_type, valid_from)
);
comment on table core.sla_policies is 'One row a term of a type of PQRS while it was in force, both days included.';

create table if not exists core.calendar (
    day date primary key,
    is_holiday boolean not null,
    is_business_day boolean not null,
    business_number integer not null
);
comment on table core.calendar is
    'One row a day. business_number counts business days: business days in (a, b] are the difference of two of them.';

grant select, insert, delete on core.sla_policies, core.calendar to pqr_loader;
grant select on core.sla_policies, core.calendar to pqr_dashboard, pqr_metabase;

-- Views read as their owner, so who may select from them needs no more than that.
create or replace view core.backlog as
select
    tickets.*,
    today.business_number - reception.business_number as age_business_days,
    due.business_number - today.business_number as business_days_left
from core.tickets
join meta.published on true
join core.calendar as today on today.day = published.as_of_day
join core.calendar as reception on reception.day = tickets.received_on
left join core.calendar as due on due.day = tickets.effective_due_on
where tickets.closed_on is null and tickets.term_days is not null;
comment on view core.backlog is
    'One row a ticket that waits for an answer at the end of the window; business_days_left is negative once overdue.';

create or replace view core.overdue as
select *
from core.backlog
where is_overdue;
comment on view core.overdue is 'The part of core.backlog whose effective due date has gone by.';

grant select on core.backlog, core.overdue to pqr_loader, pqr_dashboard, pqr_metabase;
