// Grain: one row per object of a dataset. Objects of any run that hold equal rows share one Content.
unwind $rows as row
match (dataset:Dataset {id: row.dataset})
merge (object:Object {id: row.id})
set object = row
merge (dataset)-[:HAS]->(object)
merge (content:Content {digest: row.content_digest})
merge (object)-[:HOLDS]->(content)
