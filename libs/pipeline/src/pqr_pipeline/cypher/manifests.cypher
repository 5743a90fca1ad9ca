// Grain: one row per committed stage of a run.
unwind $rows as row
match (run:Run {id: row.run})
merge (manifest:Manifest {id: row.id})
set manifest = row
merge (run)-[:MADE]->(manifest)
