-- When requests arrive, in local time.
-- Grain: weekday (1 = Monday) x hour. Relation: facts.
select weekday, hour, count(*) as tickets
from facts
group by weekday, hour
