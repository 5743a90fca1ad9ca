-- Say which run core and gold show; no write when they showed it already. Grain: the one row of meta.published.
insert into meta.published as shown (run_id, as_of_day, digest)
values (%s, %s, %s)
on conflict (is_published) do update
set
    run_id = excluded.run_id,
    as_of_day = excluded.as_of_day,
    digest = excluded.digest,
    published_at = excluded.published_at
where (shown.run_id, shown.as_of_day, shown.digest) is distinct from (excluded.run_id, excluded.as_of_day, excluded.digest)
