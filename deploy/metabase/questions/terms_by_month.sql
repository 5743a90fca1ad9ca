-- title: Cumplimiento de términos por mes
-- description: Solicitudes según cómo terminó su término legal, por el mes en que venció.
-- display: bar
-- stackable.stack_type: "stacked"
-- graph.dimensions: ["Mes"]
-- graph.metrics: ["A tiempo", "Tarde", "Vencidas sin respuesta"]
--
-- Grain: month the term ended in.
select
    month as "Mes",
    sum(in_term) as "A tiempo",
    sum(late) as "Tarde",
    sum(open_overdue) as "Vencidas sin respuesta",
    round(sum(breached) / nullif(sum(due), 0), 4) as "Incumplimiento"
from gold.kpi_sla
group by month
order by month
