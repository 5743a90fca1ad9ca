-- When requests arrive, in local time, in the window.
-- Grain: weekday (1 = Monday) x hour. Relation: facts.
select weekday, hour, count(*) as tickets
from facts
where came_in_window
group by weekday, hour
