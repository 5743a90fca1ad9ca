-- What roles may do that they should not, and what they may not that they should.
-- Grain: one row per fault (role, table or function, what is wrong). No row: least privilege holds.
with
readers as (
    select rolname as role_name
    from pg_roles
    where rolname in ('pqr_dashboard', 'pqr_metabase')
),
tables as (
    select pg_class.oid, format('%s.%s', pg_namespace.nspname, pg_class.relname) as table_name, pg_namespace.nspname
    from pg_class
    join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_namespace.nspname in ('core', 'gold', 'archive', 'meta', 'staging')
        and pg_class.relkind in ('r', 'p', 'v')
        and not pg_class.relispartition
),
faults as (
    select
        role_name,
        table_name,
        case
            when has_table_privilege(role_name, tables.oid, 'insert, update, delete, truncate') then 'may write'
            when nspname = 'staging' and has_schema_privilege(role_name, nspname, 'usage') then 'may look into'
            when table_name = 'meta.readings' and role_name <> 'pqr_dashboard'
                then case when has_table_privilege(role_name, tables.oid, 'select') then 'may look into' end
            when nspname <> 'staging' and not has_table_privilege(role_name, tables.oid, 'select') then 'may not read'
        end as fault
    from readers
    cross join tables
    union all
    select
        role_name,
        pg_proc.oid::regprocedure::text,
        case
            when pg_proc.proname <> 'record_readings' or role_name <> 'pqr_dashboard' then 'may execute'
        end as fault
    from readers
    cross join pg_proc
    where pg_proc.pronamespace = (select oid from pg_namespace where nspname = 'meta')
        and has_function_privilege(role_name, pg_proc.oid, 'execute')
)
select role_name, table_name, fault
from faults
where fault is not null
order by role_name, table_name
