-- Say what a slot holds. Grain: the one row of the slot.
insert into meta.loaded_partitions as held (table_name, part, relation, rows, content_digest, run_id)
values (%s, %s, %s, %s, %s, %s)
on conflict (table_name, part) do update
set
    relation = excluded.relation,
    rows = excluded.rows,
    content_digest = excluded.content_digest,
    run_id = excluded.run_id,
    loaded_at = excluded.loaded_at
