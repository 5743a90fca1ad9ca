-- All desks' weeks with about the same load together.
select round(4 * load) / 4 as load, sum(breached) / sum(due) as late, sum(due) as due
from weeks
group by all
having sum(due) >= 50
order by all
