// Grain: one row per run.
unwind $rows as row
merge (run:Run {id: row.id})
set run = row
