-- title: Incumplimiento por tipo de solicitud
-- description: Parte de las solicitudes con término vencido en el periodo que se respondió tarde o no se respondió.
-- display: row
-- graph.dimensions: ["Tipo"]
-- graph.metrics: ["Incumplimiento"]
-- column_settings: {"[\"name\",\"Incumplimiento\"]": {"number_style": "percent", "decimals": 1}}
--
-- Grain: type with at least one ticket due.
with
types as (
    select distinct on (pqrs_type) pqrs_type, name
    from core.sla_policies
    order by pqrs_type, valid_from desc
),
terms as (
    select pqrs_type, sum(due) as due, sum(breached) as breached
    from gold.kpi_sla
    group by pqrs_type
)
select
    types.name as "Tipo",
    round(terms.breached / nullif(terms.due, 0), 4) as "Incumplimiento",
    terms.breached as "Incumplidas",
    terms.due as "Con término vencido"
from terms
join types using (pqrs_type)
order by "Incumplimiento" desc nulls last, "Tipo"
