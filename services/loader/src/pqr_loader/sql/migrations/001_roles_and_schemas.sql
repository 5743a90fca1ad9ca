-- Roles, schemas and the record of migrations. Run by whoever may create roles and schemas; safe to repeat.
--
-- pqr_owner      owns what migrations make; nobody logs in as it
-- pqr_loader     fills core, gold and meta
-- pqr_dashboard  reads core, gold and meta (Streamlit)
-- pqr_metabase   reads the same; a role of its own so that it can be watched and withdrawn on its own
--
-- Roles come without a password, so that no password is in a file: who deploys sets them.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['pqr_owner', 'pqr_loader', 'pqr_dashboard', 'pqr_metabase'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I', role_name);
        end if;
        if role_name <> 'pqr_owner' then
            execute format('alter role %I login', role_name);
        end if;
    end loop;
    -- Whoever migrates and loads steps down to these two roles.
    execute format('grant pqr_owner, pqr_loader to %I', current_user);
    execute format('grant connect on database %I to pqr_loader, pqr_dashboard, pqr_metabase', current_database());
end
$$;

create schema if not exists core authorization pqr_owner;
create schema if not exists gold authorization pqr_owner;
create schema if not exists meta authorization pqr_owner;
-- Tables on their way into core and gold: nobody but the loader looks in here.
create schema if not exists staging authorization pqr_loader;

set local role pqr_owner;

create table if not exists meta.migrations (
    number smallint primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
);
comment on table meta.migrations is 'One row a migration that was applied.';

grant usage on schema core, gold, meta to pqr_loader, pqr_dashboard, pqr_metabase;
-- Partitions live beside their parent, and the loader makes them.
grant create on schema core to pqr_loader;
grant select on meta.migrations to pqr_loader, pqr_dashboard, pqr_metabase;
