-- title: Días de mayor demanda
-- description: Los diez días que más superaron lo que suele recibirse en días semejantes.
-- display: table
-- column_settings: {"[\"name\",\"Frente a lo esperado\"]": {"number_style": "percent", "decimals": 0}}
--
-- Grain: day, ten at most: peaks first, then by how far they were above what was expected.
select
    day as "Día",
    received as "Recibidas",
    expected as "Esperadas",
    ratio as "Frente a lo esperado",
    case when is_peak then 'Sí' else 'No' end as "Es pico"
from gold.kpi_peaks
where received > expected
order by is_peak desc, ratio desc nulls last, day
limit 10
