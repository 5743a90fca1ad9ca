// Grain: one row per manifest that is whole in the graph: nothing of it needs to be sent again.
unwind $rows as row
match (manifest:Manifest {id: row.id})
set manifest.is_whole = true
