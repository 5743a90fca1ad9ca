// Grain: one row per manifest and manifest it read, with the digest that one had then.
unwind $rows as row
match (reader:Manifest {id: row.reader})
match (source:Manifest {id: row.source})
merge (reader)-[read:READ]->(source)
set read.digest = row.digest
