-- title: Solicitudes por responder
-- description: Las que esperan respuesta al cierre del periodo.
-- display: scalar
--
-- Grain: one row.
select open as "Por responder"
from gold.kpi_executive
