-- One row per distinct wording, in the order given: what a request's subject or an acknowledgement's lines state.
-- How those are worded is a parameter (pqrs.wording).
with stated as (
    select
        starts_with(words, $type) as is_assignment,
        words,
        e'\n' || words as lines
    from wordings
)

select
    case when is_assignment then split_part(split_part(lines, e'\n' || $type, 2), e'\n', 1)
        else split_part(words, $before_topic, 1) end as pqrs_type,
    case when is_assignment then split_part(split_part(lines, e'\n' || $topic, 2), e'\n', 1)
        else split_part(words, $before_topic, 2) end as topic,
    case when is_assignment
        then nullif(split_part(split_part(lines, e'\n' || $dependency, 2), e'\n', 1), '') end as dependency,
    case when is_assignment
        then nullif(split_part(split_part(lines, e'\n' || $priority, 2), e'\n', 1), '') end as priority
from stated
