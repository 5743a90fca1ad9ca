-- is_over_here: its thread ceased to take mail in the window, so what has no answer by then gets none.
select
    count(*) filter (where is_here) as n_tickets,
    count(*) filter (where is_here and due_at is not null) as n_with_term,
    count(*) filter (where is_here and is_transferred) as n_transferred,
    count(*) filter (where is_here and is_extended) as n_extended,
    count(*) filter (where is_here and is_suspended) as n_suspended,
    count(*) filter (where is_here and is_archived) as n_archived,
    count(*) filter (where is_here and is_reopened) as n_reopened,
    count(*) filter (where is_here and count_insistences > 0) as n_insisted,
    count(*) filter (where is_information) as n_information,
    count(*) filter (where is_information and is_access_denied) as n_denied,
    count(*) filter (where is_information and is_transferred) as n_information_transferred,
    count(*) filter (where is_over_here) as n_over,
    count(*) filter (where is_over_here and closed_on is null) as n_unanswered
from (select *, is_here and pqrs_type in ('PET_INF', 'PET_DOC') as is_information from facts)
