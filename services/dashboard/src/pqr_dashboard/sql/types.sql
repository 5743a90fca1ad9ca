-- What each type of PQRS is called and how many business days its answer may take (null: no term, or one in hours), by
-- the policy in force on the run's last day. Grain: one row per type.
select distinct on (sla_policies.pqrs_type)
    sla_policies.pqrs_type,
    sla_policies.name,
    case when sla_policies.unit = 'business_days' then sla_policies.term_days end as term_days,
    sla_policies.legal_basis
from core.sla_policies
join meta.runs on runs.run_id = %(run_id)s and sla_policies.valid_from <= runs.window_to
order by sla_policies.pqrs_type, sla_policies.valid_from desc
