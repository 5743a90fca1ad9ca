-- One row per claim of a radicado that was, by its day and of late, told of threads but not of the claim's own; `home`
-- is the thread that it was told of. `name_hash` and `root_hash` are hashes of name and root.
select
    claims.name,
    claims.root,
    claims."day",
    min(names.root) as home
from claims
inner join names on names.name_hash = claims.name
    and names.told_on between claims."day" - $thread_days and claims."day"
group by all
having not bool_or(names.root_hash = claims.root)
