-- The tables that readers see the published run in. Grain: one row per column of a table of core or gold.
select
    format('%s.%s', pg_namespace.nspname, pg_class.relname) as table_name,
    attname as column_name,
    format_type(atttypid, atttypmod) as type
from pg_attribute
join pg_class on pg_class.oid = attrelid
join pg_namespace on pg_namespace.oid = relnamespace
where nspname in ('core', 'gold')
    and relkind in ('r', 'p')
    and not relispartition
    and attnum > 0
    and not attisdropped
    and not (relkind = 'p' and attname = 'part')
order by table_name, attnum
