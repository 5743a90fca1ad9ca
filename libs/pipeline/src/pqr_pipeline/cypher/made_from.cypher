// Grain: one row a dataset and one it was made from.
unwind $rows as row
match (made:Dataset {id: row.made})
match (source:Dataset {id: row.source})
merge (made)-[:MADE_FROM]->(source)
