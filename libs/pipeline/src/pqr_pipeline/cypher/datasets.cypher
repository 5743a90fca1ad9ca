// Grain: one row per dataset of a manifest.
unwind $rows as row
match (manifest:Manifest {id: row.manifest})
merge (dataset:Dataset {id: row.id})
set dataset = row
merge (manifest)-[:LISTS]->(dataset)
