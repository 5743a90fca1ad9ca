-- title: Solicitudes vencidas
-- description: Las que esperan respuesta y cuyo término ya se agotó.
-- display: scalar
--
-- Grain: one row.
select overdue as "Vencidas"
from gold.kpi_executive
