// The manifests that are whole in the graph, with the digest they had.
match (manifest:Manifest)
where manifest.is_whole
return manifest.id as id, manifest.digest as digest
