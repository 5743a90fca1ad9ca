// Grain: one row per dataset and dataset it was made from.
unwind $rows as row
match (made:Dataset {id: row.made})
match (source:Dataset {id: row.source})
merge (made)-[:MADE_FROM]->(source)
