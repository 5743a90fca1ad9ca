-- title: Incumplimiento de términos
-- description: De las solicitudes cuyo término venció en el periodo, las respondidas tarde o sin responder.
-- display: scalar
-- column_settings: {"[\"name\",\"Incumplimiento\"]": {"number_style": "percent", "decimals": 2}}
--
-- Grain: one row. The rate is gold's own: breached / due.
select breach_rate as "Incumplimiento"
from gold.kpi_executive
