-- The indexes of a table, as text to make them on another: the primary key's constraint, or what follows "using".
-- Grain: one row per index. Parameter: the table's qualified name.
select
    pg_get_constraintdef(pg_constraint.oid) as constraint_definition,
    split_part(pg_get_indexdef(pg_index.indexrelid), ' USING ', 2) as index_definition
from pg_index
left join pg_constraint
    on pg_constraint.conindid = pg_index.indexrelid
    and pg_constraint.contype = 'p'
where pg_index.indrelid = $1::regclass
order by pg_index.indisprimary desc, pg_index.indexrelid
