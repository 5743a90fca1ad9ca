-- One row a distinct wording, in the order given: what a request's subject or an acknowledgement's lines state.
with stated as (
    select
        starts_with(words, 'Tipo: ') as is_assignment,
        words,
        e'\n' || words as lines
    from wordings
)

select
    case when is_assignment then split_part(split_part(lines, e'\nTipo: ', 2), e'\n', 1)
        else split_part(words, ' - ', 1) end as pqrs_type,
    case when is_assignment then split_part(split_part(lines, e'\nTema: ', 2), e'\n', 1)
        else split_part(words, ' - ', 2) end as topic,
    case when is_assignment
        then nullif(split_part(split_part(lines, e'\nDependencia: ', 2), e'\n', 1), '') end as dependency,
    case when is_assignment
        then nullif(split_part(split_part(lines, e'\nPrioridad: ', 2), e'\n', 1), '') end as priority
from stated
