-- Of one citizen in `every`, so that the largest run has no more than a few million of them.
select hash(citizen_key) as person, count(*) as n_tickets
from facts
where is_here and hash(citizen_key) % $every = 0
group by all
