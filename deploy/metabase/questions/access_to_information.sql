-- title: Informe de acceso a la información
-- description: Lo que pide el artículo 52 del Decreto 103 de 2015: recibidas, trasladadas, tiempos y acceso negado.
-- display: table
--
-- Grain: month received x type (requests for information and for copies).
with
types as (
    select distinct on (pqrs_type) pqrs_type, name
    from core.sla_policies
    order by pqrs_type, valid_from desc
)
select
    report.month as "Mes",
    types.name as "Tipo",
    report.received as "Recibidas",
    report.transferred as "Trasladadas",
    report.mean_business_days as "Días hábiles (promedio)",
    report.max_business_days as "Días hábiles (máximo)",
    report.survival_median as "Mediana estimada",
    report.waiting as "Sin responder",
    report.access_denied as "Acceso negado"
from gold.report_access_to_information as report
join types using (pqrs_type)
order by report.month, types.name
