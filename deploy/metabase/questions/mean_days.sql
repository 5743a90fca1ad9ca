-- title: Días hábiles hasta la respuesta
-- description: Promedio de días hábiles entre la recepción legal y la respuesta o el archivo, de lo cerrado en el periodo.
-- display: scalar
-- column_settings: {"[\"name\",\"Días hábiles\"]": {"decimals": 1}}
--
-- Grain: one row.
select mean_business_days as "Días hábiles"
from gold.kpi_executive
