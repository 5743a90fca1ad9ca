-- title: Recibidas, respondidas y pendientes por día
-- description: Lo que entró y salió cada día, y lo que quedaba por responder al terminarlo.
-- display: line
-- graph.dimensions: ["Día"]
-- graph.metrics: ["Recibidas", "Respondidas", "Pendientes"]
--
-- Grain: day.
select
    day as "Día",
    sum(received) as "Recibidas",
    sum(answered) as "Respondidas",
    sum(backlog) as "Pendientes"
from gold.kpi_daily
group by day
order by day
