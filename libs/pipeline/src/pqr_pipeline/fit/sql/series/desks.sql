-- By desk: what no letter that can be read assigns to one is not of any.
select desk, sum(n_due) as due, sum(n_breached) as breached, sum(n_breached) / sum(n_due) as share
from kinds
where desk <> ''
group by desk
having sum(n_due) > 0
order by share desc, desk
