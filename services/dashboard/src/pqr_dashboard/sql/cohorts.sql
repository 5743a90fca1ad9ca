-- The days tickets came, fall due and ended: what the simulator starts from. Grain: see gold's kpi_cohorts.
select opened_on, received_on, pqrs_type, term_days, effective_due_on, closed_on, fate, tickets
from archive.kpi_cohorts
where run_id = %(run_id)s
