-- title: Solicitudes recibidas
-- description: Todas las PQRS del periodo de la corrida publicada.
-- display: scalar
--
-- Grain: one row.
select received as "Recibidas"
from gold.kpi_executive
