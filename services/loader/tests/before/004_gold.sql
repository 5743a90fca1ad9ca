-- The marts, column by column as gold promises them; what each figure means is said in gold's SQL. Safe to repeat.
set local role pqr_owner;

create table if not exists gold.kpi_executive (
    window_from date not null,
    window_to date not null,
    received bigint not null,
    answered bigint not null,
    archived bigint not null,
    transferred bigint not null,
    no_term bigint not null,
    open bigint not null,
    overdue bigint not null,
    due bigint not null,
    in_term bigint not null,
    late bigint not null,
    breached bigint not null,
    breach_rate numeric(9, 4),
    breach_rate_closed_only numeric(9, 4),
    mean_business_days numeric(12, 2),
    p50_business_days integer,
    p90_business_days integer,
    extended bigint not null,
    suspended bigint not null,
    reopened bigint not null,
    access_denied bigint not null,
    emails bigint not null,
    insistences bigint not null,
    primary key (window_from, window_to)
);
comment on table gold.kpi_executive is
    'One row: the published run. breach_rate = breached / due; the closed-only rate leaves out what nobody answered.';

create table if not exists gold.kpi_daily (
    day date not null,
    pqrs_type text not null,
    received bigint not null,
    answered bigint not null,
    archived bigint not null,
    transferred bigint not null,
    due bigint not null,
    breached bigint not null,
    backlog bigint not null,
    overdue bigint not null,
    primary key (day, pqrs_type)
);
comment on table gold.kpi_daily is 'Day x type; backlog and overdue are what was left at the end of the day.';

create table if not exists gold.kpi_sla (
    month date not null,
    pqrs_type text not null,
    due bigint not null,
    in_term bigint not null,
    late bigint not null,
    open_overdue bigint not null,
    breached bigint not null,
    breach_rate numeric(9, 4),
    mean_business_days numeric(12, 2),
    p50_business_days integer,
    p90_business_days integer,
    p95_business_days integer,
    primary key (month, pqrs_type)
);
comment on table gold.kpi_sla is 'Month the term ended in x type; due = in_term + late + open_overdue.';

create table if not exists gold.kpi_backlog_age (
    pqrs_type text not null,
    age_band_order smallint not null,
    age_band text not null,
    days_from integer not null,
    days_to integer,
    is_overdue boolean not null,
    tickets bigint not null,
    primary key (pqrs_type, age_band_order, is_overdue)
);
comment on table gold.kpi_backlog_age is 'Type x age in business days x overdue or not, at the end of the window.';

create table if not exists gold.kpi_territory (
    department text not null,
    pqrs_type text not null,
    received bigint not null,
    answered bigint not null,
    archived bigint not null,
    transferred bigint not null,
    open bigint not null,
    overdue bigint not null,
    due bigint not null,
    breached bigint not null,
    closed_with_term bigint not null,
    total_business_days bigint not null,
    breach_rate numeric(9, 4),
    mean_business_days numeric(12, 2),
    primary key (department, pqrs_type)
);
comment on table gold.kpi_territory is 'Department x type. To go coarser, sum the counts and divide again.';

create table if not exists gold.kpi_topic (
    topic text not null,
    pqrs_type text not null,
    received bigint not null,
    answered bigint not null,
    archived bigint not null,
    transferred bigint not null,
    open bigint not null,
    overdue bigint not null,
    due bigint not null,
    breached bigint not null,
    closed_with_term bigint not null,
    total_business_days bigint not null,
    breach_rate numeric(9, 4),
    mean_business_days numeric(12, 2),
    primary key (topic, pqrs_type)
);
comment on table gold.kpi_topic is 'Topic x type. To go coarser, sum the counts and divide again.';

create table if not exists gold.kpi_arrivals (
    weekday smallint not null,
    hour smallint not null,
    received bigint not null,
    days bigint not null,
    per_day numeric(12, 2),
    primary key (weekday, hour)
);
comment on table gold.kpi_arrivals is 'Weekday (1 = Monday) x hour of local time, all 168.';

create table if not exists gold.kpi_peaks (
    day date primary key,
    received bigint not null,
    expected bigint not null,
    ratio numeric(9, 4),
    is_peak boolean not null
);
comment on table gold.kpi_peaks is 'Day: received against the median of such days within six weeks.';

create table if not exists gold.kpi_response_time (
    pqrs_type text not null,
    business_days integer not null,
    tickets bigint not null,
    late bigint not null,
    cumulative_share numeric(9, 4) not null,
    primary key (pqrs_type, business_days)
);
comment on table gold.kpi_response_time is 'Type x business days from legal reception to answer or archive.';

create table if not exists gold.report_access_to_information (
    month date not null,
    pqrs_type text not null,
    received bigint not null,
    transferred bigint not null,
    transferred_rate numeric(9, 4),
    answered bigint not null,
    mean_business_days numeric(12, 2),
    p50_business_days integer,
    p90_business_days integer,
    max_business_days integer,
    access_denied bigint not null,
    access_denied_rate numeric(9, 4),
    primary key (month, pqrs_type)
);
comment on table gold.report_access_to_information is
    'Month x type: Decreto 103 de 2015 art. 52, (a) received, (b) transferred, (c) time to answer, (d) access denied.';

grant select on all tables in schema gold to pqr_loader, pqr_dashboard, pqr_metabase;
grant insert, delete on all tables in schema gold to pqr_loader;
