-- title: Antigüedad de lo pendiente
-- description: Solicitudes por responder según los días hábiles que llevan desde su recepción legal.
-- display: bar
-- stackable.stack_type: "stacked"
-- graph.dimensions: ["Días hábiles"]
-- graph.metrics: ["Dentro del término", "Vencidas"]
--
-- Grain: age band.
select
    age_band as "Días hábiles",
    sum(tickets) filter (where not is_overdue) as "Dentro del término",
    sum(tickets) filter (where is_overdue) as "Vencidas"
from gold.kpi_backlog_age
group by age_band_order, age_band
order by age_band_order
