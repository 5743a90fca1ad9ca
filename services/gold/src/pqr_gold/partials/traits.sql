-- What else happened to the tickets that came in the window.
-- Grain: pqrs_type. Relation: facts.
select
    pqrs_type,
    count(*) filter (where is_extended) as extended,
    count(*) filter (where is_suspended) as suspended,
    count(*) filter (where is_reopened) as reopened,
    count(*) filter (where is_access_denied) as access_denied,
    cast(sum(count_emails) as bigint) as emails,
    cast(sum(count_insistences) as bigint) as insistences
from facts
where came_in_window
group by pqrs_type
