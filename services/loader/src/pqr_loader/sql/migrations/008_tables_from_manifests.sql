-- Tables of core, gold and archive are made from what manifests say of their datasets, and by nobody else: here are the
-- functions that make and widen them. Safe to repeat; 003 to 007 wrote the columns down, table by table.
create schema if not exists archive authorization pqr_owner;

set local role pqr_owner;

grant usage on schema archive to pqr_loader, pqr_dashboard, pqr_metabase;

-- Make a table with these columns, or add those it lacks; nothing is dropped and no type is changed. True when a table
-- that was there became wider. `columns`: [{"name", "type"}, ...] in order; `key` becomes the primary key of a new table.
-- Columns outside the key may be null, so that a run that was made without one can be shown. A table with a column
-- `part` is partitioned by it.
create or replace function meta.shape(schema_name text, table_name text, columns jsonb, key text[], grain text)
returns boolean
language plpgsql
set search_path = pg_catalog
as $body$
declare
    target text := format('%I.%I', schema_name, table_name);
    field record;
    is_wider boolean := false;
begin
    -- Types go into statements as they are, so nothing else passes for one.
    if schema_name not in ('core', 'gold', 'archive') or exists (
        select from jsonb_to_recordset(columns) as given (type text)
        where type is null or type !~
            '^(text( collate "C")?|boolean|smallint|integer|bigint|date|timestamp with time zone|numeric\(\d+,\d+\))$'
    ) then
        raise exception 'Tables must lie in core, gold or archive and have known types, found % with %.', target, columns;
    end if;
    if to_regclass(target) is null then
        execute (
            select format('create table %s (%s)', target, string_agg(format('%I %s', name, type), ', ' order by n))
                || case when bool_or(name = 'part') then ' partition by list (part)' else '' end
            from rows from (jsonb_to_recordset(columns) as (name text, type text)) with ordinality
                as given (name, type, n)
        );
        if cardinality(key) > 0 then
            execute (
                select format('alter table %s add primary key (%s)', target, string_agg(quote_ident(name), ', ' order by n))
                from unnest(key) with ordinality as named (name, n)
            );
        elsif schema_name = 'archive' then
            execute format('create index on %s (run_id)', target);
        end if;
        execute format('comment on table %s is %L', target, grain);
        execute format('grant select on %s to pqr_owner, pqr_loader, pqr_dashboard, pqr_metabase', target);
        if current_user <> 'pqr_loader' then
            execute format('grant insert, delete on %s to pqr_loader', target);
        end if;
        return false;
    end if;
    for field in
        select given.*
        from jsonb_to_recordset(columns) as given (name text, type text)
        where not exists (
            select from pg_attribute where attrelid = target::regclass and attname = given.name and not attisdropped
        )
    loop
        -- Readers of several tables hold this one, so it comes first.
        lock table meta.published in access exclusive mode;
        execute format('alter table %s add column %I %s', target, field.name, field.type);
        is_wider := true;
    end loop;
    for field in
        select attname
        from pg_attribute
        where attrelid = target::regclass
            and attnum > 0
            and attnotnull
            and not attisdropped
            and attname <> 'run_id'
            and not exists (
                select from pg_index where indrelid = attrelid and indisprimary and attnum = any (indkey)
            )
    loop
        lock table meta.published in access exclusive mode;
        execute format('alter table %s alter column %I drop not null', target, field.attname);
    end loop;
    return is_wider;
end
$body$;

-- The same for tables that belong to the owner, which the loader may fill and never change in any other way.
create or replace function meta.shape_as_owner(schema_name text, table_name text, columns jsonb, key text[], grain text)
returns boolean
language sql
security definer
set search_path = pg_catalog
as 'select meta.shape(schema_name, table_name, columns, key, grain)';

-- Views read as their owner, so who may select from them needs no more than that. They are made anew when tickets have
-- a column that they do not show.
create or replace function meta.make_ticket_views()
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $body$
begin
    if to_regclass('core.overdue') is not null and not exists (
        select attname from pg_attribute where attrelid = 'core.tickets'::regclass and attnum > 0 and not attisdropped
        except
        select attname from pg_attribute where attrelid = to_regclass('core.overdue')
    ) then
        return;
    end if;
    drop view if exists core.overdue, core.backlog;
    create view core.backlog as
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
        'One row per ticket that waits for an answer at the end of the window; business_days_left is negative once overdue.';
    create view core.overdue as
    select *
    from core.backlog
    where is_overdue;
    comment on view core.overdue is 'The part of core.backlog whose effective due date has gone by.';
    grant select on core.backlog, core.overdue to pqr_loader, pqr_dashboard, pqr_metabase;
end
$body$;

revoke execute on all functions in schema meta from public;
grant execute on all functions in schema meta to pqr_loader;

create table if not exists meta.stages (
    run_id text not null references meta.runs,
    position smallint not null,
    stage text not null,
    layer text not null,
    primary key (run_id, stage)
);
comment on table meta.stages is 'One row per stage of a run: the layer it writes, and its position in the order of the run.';

create table if not exists meta.rejects (
    run_id text not null,
    layer text not null,
    rule text not null,
    rejected bigint not null,
    primary key (run_id, layer, rule),
    foreign key (run_id, layer) references meta.manifests on delete cascade
);
comment on table meta.rejects is 'One row per rule of a layer that rejected lines, counted in its dataset of rejects.';

-- An attempt whose record cannot be read is told as such: nobody knows when it began.
alter table meta.attempts alter column started_at drop not null;
alter table meta.attempts drop constraint if exists attempts_state_check;
alter table meta.attempts add constraint attempts_state_check
    check (state in ('running', 'completed', 'failed', 'unreadable'));

-- Which manifests the published run was loaded from, whatever layers there are.
alter table meta.published add column if not exists digest text;
alter table meta.published drop column if exists silver_digest, drop column if exists gold_digest;

grant select on meta.stages, meta.rejects to pqr_loader, pqr_dashboard, pqr_metabase;
grant insert, update on meta.stages, meta.rejects to pqr_loader;
