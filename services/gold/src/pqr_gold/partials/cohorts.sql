-- Tickets by every date that counts: when they came, when their term ends, when and how they ended.
-- Grain: opened_on x received_on x pqrs_type x term_days x effective_due_on x closed_on x fate. Relation: facts.
--
-- A ticket outside the rate (no term, or transferred) has no term here, so that each date given is one that counts.
select
    opened_on,
    received_on,
    pqrs_type,
    case when outcome <> 'outside' then term_days end as term_days,
    case when outcome <> 'outside' then effective_due_on end as effective_due_on,
    closed_on,
    fate,
    count(*) as tickets
from facts
group by all
