-- The marts of every run that was ever shown, side by side; the mart of cohorts; rejects by rule. Safe to repeat.
--
-- gold holds the published run alone. archive.<mart> keeps what gold.<mart> held for each run, under the run's id: the
-- transaction that shows a run writes its rows anew there, and nothing else deletes.
create schema if not exists archive authorization pqr_owner;

set local role pqr_owner;

create table if not exists gold.kpi_cohorts (
    opened_on date not null,
    received_on date not null,
    pqrs_type text not null,
    term_days smallint,
    effective_due_on date,
    closed_on date,
    fate text not null,
    tickets bigint not null
);
comment on table gold.kpi_cohorts is
    'Tickets that came, fall due and ended on the same days, by type and end; no term or closing, no day.';

create table if not exists archive.kpi_executive (run_id text not null, like gold.kpi_executive, primary key (run_id));
create table if not exists archive.kpi_daily (
    run_id text not null, like gold.kpi_daily, primary key (run_id, day, pqrs_type)
);
create table if not exists archive.kpi_sla (
    run_id text not null, like gold.kpi_sla, primary key (run_id, month, pqrs_type)
);
create table if not exists archive.kpi_backlog_age (
    run_id text not null, like gold.kpi_backlog_age, primary key (run_id, pqrs_type, age_band_order, is_overdue)
);
create table if not exists archive.kpi_territory (
    run_id text not null, like gold.kpi_territory, primary key (run_id, department, pqrs_type)
);
create table if not exists archive.kpi_topic (
    run_id text not null, like gold.kpi_topic, primary key (run_id, topic, pqrs_type)
);
create table if not exists archive.kpi_arrivals (
    run_id text not null, like gold.kpi_arrivals, primary key (run_id, weekday, hour)
);
create table if not exists archive.kpi_peaks (run_id text not null, like gold.kpi_peaks, primary key (run_id, day));
create table if not exists archive.kpi_response_time (
    run_id text not null, like gold.kpi_response_time, primary key (run_id, pqrs_type, business_days)
);
create table if not exists archive.kpi_cohorts (run_id text not null, like gold.kpi_cohorts);
create index if not exists kpi_cohorts_run on archive.kpi_cohorts (run_id);
create table if not exists archive.report_access_to_information (
    run_id text not null, like gold.report_access_to_information, primary key (run_id, month, pqrs_type)
);

-- A run that was published before there was an archive is kept too; a run shown since then is there already.
do $$
declare
    mart text;
begin
    for mart in select tablename from pg_tables where schemaname = 'archive' loop
        execute format(
            'insert into archive.%1$I select published.run_id, marts.* from meta.published, gold.%1$I as marts '
            'where not exists (select from archive.%1$I as kept where kept.run_id = published.run_id)',
            mart
        );
        execute format('comment on table archive.%1$I is %2$L', mart, format('gold.%s of every run ever shown.', mart));
    end loop;
end
$$;

create table if not exists meta.rejects (
    run_id text not null,
    layer text not null,
    rule text not null,
    rejected bigint not null,
    primary key (run_id, layer, rule),
    foreign key (run_id, layer) references meta.manifests on delete cascade
);
comment on table meta.rejects is 'One row a rule of a layer that rejected lines, counted in its dataset of rejects.';

grant usage on schema archive to pqr_loader, pqr_dashboard, pqr_metabase;
grant select on all tables in schema archive to pqr_loader, pqr_dashboard, pqr_metabase;
grant insert, delete on all tables in schema archive to pqr_loader;
grant select on gold.kpi_cohorts, meta.rejects to pqr_loader, pqr_dashboard, pqr_metabase;
grant insert, delete on gold.kpi_cohorts to pqr_loader;
grant insert, update on meta.rejects to pqr_loader;
